"""What people do with threads, answers and comments."""

from forum.threads.actions.accepting import accept_answer, say_unhelpful, unaccept_answer
from forum.threads.actions.answering import post_answer, post_comment
from forum.threads.actions.asking import ask
from forum.threads.actions.closing import (
    ask_for_info,
    lock_thread,
    mark_duplicate,
    set_staff_state,
    unlock_thread,
    unmark_duplicate,
)
from forum.threads.actions.editing import EditedMeanwhile, edit_post, roll_back
from forum.threads.actions.following import choose_level, follow
from forum.threads.actions.tagging import may_make_tags
from forum.threads.actions.visibility import (
    delete_post,
    deleted_by_author,
    restore_post,
    set_visibility,
    withhold_text,
)
from forum.threads.actions.writing import HoldRule

__all__ = [
    "EditedMeanwhile",
    "HoldRule",
    "accept_answer",
    "ask",
    "ask_for_info",
    "choose_level",
    "delete_post",
    "deleted_by_author",
    "edit_post",
    "follow",
    "lock_thread",
    "mark_duplicate",
    "may_make_tags",
    "post_answer",
    "post_comment",
    "restore_post",
    "roll_back",
    "say_unhelpful",
    "set_staff_state",
    "set_visibility",
    "unaccept_answer",
    "unlock_thread",
    "unmark_duplicate",
    "withhold_text",
]
