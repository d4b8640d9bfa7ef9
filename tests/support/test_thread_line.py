"""What a thread says of where it stands, when its ticket and its answers say different things."""

from __future__ import annotations

from forum.threads.actions import accept_answer, say_unhelpful
from forum.threads.models import Answer
from support.escalations.models import MeToo
from support.messages.actions import reply_as_staff
from support.messages.models import Audience
from support.tickets.models import TicketState


def test_a_solved_thread_that_staff_look_at_again_says_so_in_one_line(
    browser, database, make, agent, asker, thread, answer, asked, words, again
):
    with database.writing() as session:
        public, solved = Audience.PUBLIC, TicketState.SOLVED
        fix = words("Update to 4.3 please.")
        reply_as_staff(session, make.actor(agent), asked.reference, public, fix, confirmed=True, then=solved)
        answer_id = session.query(Answer.id).filter_by(thread_id=thread.id, from_staff=True).scalar()
        accept_answer(session, make.actor(asker), answer_id)
    path = f"/threads/{thread.id}/{thread.slug}"
    browser.sign_in(asker)
    assert ">Solved<" in state_line(browser, path)
    with database.writing() as session:
        say_unhelpful(session, make.actor(asker), answer.id, "It froze again.")

    assert again(asked).state is TicketState.OPEN
    line = state_line(browser, path)
    assert line.count("Solved") == 1
    assert "Solved, and staff are looking again" in line
    assert "With staff" not in line


def state_line(browser, path: str) -> str:
    return browser.get(path).text.split('id="thread-state"')[1].split("</div>")[0].replace("</svg>", ">")


def test_i_have_this_too_is_undone_from_its_flash_and_taken_back_when_all_is_solved(
    browser, database, make, asker, other, thread, answer
):
    browser.sign_in(other)
    said = browser.post(f"/threads/{thread.id}/me-too", {"value": "1"}).text
    undo = f"/threads/{thread.id}/me-too/undo"
    assert f'action="{undo}"' in said
    assert mine(database, thread, other)
    back = browser.post(undo).text
    assert not mine(database, thread, other)
    assert f'<form method="post" action="/threads/{thread.id}/me-too">' in back
    browser.post(f"/threads/{thread.id}/me-too")
    assert mine(database, thread, other)

    with database.writing() as session:
        accept_answer(session, make.actor(asker), answer.id)
    assert "I no longer have this" in browser.get(f"/threads/{thread.id}/{thread.slug}").text
    browser.post(f"/threads/{thread.id}/me-too", {"value": "0"})
    assert not mine(database, thread, other)


def mine(database, thread, account) -> bool:
    with database.reading() as session:
        return session.get(MeToo, (thread.id, account.id)) is not None
