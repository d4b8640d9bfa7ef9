"""What is hardest to lay out: the longest names and titles, words without a break, wide tables and code."""

from __future__ import annotations

from dataclasses import dataclass

from forum.accounts.models import Account
from forum.clock import now
from forum.db import Database
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.storage import Storage
from forum.threads.actions import edit_post
from forum.threads.models import Answer, Thread
from forum.uploads.actions import add_file
from forum.uploads.intake import keep, look_at
from forum.uploads.limits import Limits
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately, reply_as_staff
from support.messages.models import Audience
from support.tickets.models import Reason, Ticket
from tests.factories import Make
from tests.forum.uploads.pictures import picture

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
BODY = f"""{WORD} and `{WORD}`

| A table | that is | far too | wide for | a telephone |
|---|---|---|---|---|
| {WORD} | one | two | three | four |

```python
print("{"a line of code that nobody has wrapped " * 5}")
```

> {WORD}

1. https://example.org/{WORD}

![a picture that is not there](https://example.org/{"x" * 100}.png)
"""


@dataclass(frozen=True)
class Worst:
    """Where it can be seen."""

    asker: Account
    thread: Thread
    ticket: Ticket


def make_the_worst(make: Make, database: Database, storage: Storage) -> Worst:
    asker = make.account("a" * 30, display_name="M" * 60, location=WORD[:80])
    helper = make.account("w" * 30, display_name="W" * 60, reputation=1_234_567)
    agent = make.staff("s" * 30, display_name="S" * 60, tier=3)
    tags = tuple(letter * 30 for letter in "abcde")
    thread = make.thread(author=asker, title=WORD[:150], tags=tags, environment=WORD, **_cooked(BODY))
    answer = make.answer(thread, author=helper, score=-123_456, **_cooked(BODY))
    make.comment(thread, author=helper, **_cooked(WORD))
    make.comment(thread, author=asker, answer_id=answer.id, **_cooked(WORD))
    files = [_brought(database, storage, make, asker, name) for name in (f"{WORD}.png", f"{WORD}.log")]
    with database.writing() as session:
        asking = make.actor(asker)
        shown = cook(BODY + "\n".join(files))
        edit_post(session, asking, PostRef(PostKind.THREAD, thread.id), shown)
        ticket = ask_staff(session, asking, thread.id, Reason.OUTAGE, cook(BODY))
        open_privately(session, asking, WORD[:150], shown, environment=WORD[:300])
        for audience in Audience:
            reply_as_staff(session, make.actor(agent), ticket.reference, audience, cook(BODY), confirmed=True)
        session.get_one(Thread, thread.id).accepted_answer_id = answer.id
        session.get_one(Thread, thread.id).accepted_at = now()
        session.get_one(Answer, answer.id).score = 123_456
    return Worst(asker, thread, ticket)


def _brought(database: Database, storage: Storage, make: Make, account: Account, name: str) -> str:
    data = picture(size=(1200, 500)) if name.endswith(".png") else b"words"
    kept = keep(storage, look_at(name, data, Limits()))
    with database.writing() as session:
        add_file(session, make.actor(account), kept)
    return kept.markdown


def _cooked(source: str) -> dict[str, object]:
    made = cook(source)
    return {"source": made.source, "html": made.html, "text": made.text, "cooker_version": made.version}
