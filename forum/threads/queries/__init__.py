"""What pages about threads show, as complete, frozen rows."""

from markupsafe import Markup

from forum.threads.queries.answers import SORTS, Place
from forum.threads.queries.choices import ProductRow, known_tags, products
from forum.threads.queries.facts import facts_of
from forum.threads.queries.feeds import FeedEntry, began, feed
from forum.threads.queries.front import FrontPage, front_page
from forum.threads.queries.history import EditablePost, History, diff, history, post_to_edit
from forum.threads.queries.listing import Filter, ThreadList, list_threads
from forum.threads.queries.page import thread_page
from forum.threads.queries.people import Person, people
from forum.threads.queries.posts import PostRow, find_post, find_posts, path_of, ref
from forum.threads.queries.profile import answered_by, asked_by, profile_sections
from forum.threads.queries.rows import Article, PostFacts, Remark, ThreadPage, ThreadRow, is_locked
from forum.threads.queries.stakes import has_stake
from forum.threads.queries.tagged import find_tag

__all__ = [
    "SORTS",
    "Article",
    "EditablePost",
    "FeedEntry",
    "Filter",
    "FrontPage",
    "History",
    "Person",
    "Place",
    "PostFacts",
    "PostRow",
    "ProductRow",
    "Remark",
    "ThreadList",
    "ThreadPage",
    "ThreadRow",
    "answered_by",
    "asked_by",
    "began",
    "diff",
    "facts_of",
    "feed",
    "find_post",
    "find_posts",
    "find_tag",
    "front_page",
    "has_stake",
    "history",
    "is_locked",
    "known_tags",
    "list_threads",
    "path_of",
    "people",
    "post_to_edit",
    "products",
    "profile_sections",
    "ref",
    "safe",
    "thread_page",
]


def safe(html: str) -> Markup:
    """Cooked HTML, which is sanitised, as a template may print it."""
    return Markup(html)  # noqa: S704
