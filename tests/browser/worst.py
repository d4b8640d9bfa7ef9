"""What is hardest to lay out: the longest names and titles, words without a break, wide tables and code."""

from __future__ import annotations

from dataclasses import dataclass

from forum.accounts.models import Account
from forum.clock import now
from forum.db import Database
from forum.markup import cook
from forum.threads.models import Answer, Thread
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately, reply_as_staff
from support.messages.models import Audience
from support.tickets.models import Reason, Ticket
from tests.factories import Make

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


def make_the_worst(make: Make, database: Database) -> Worst:
    asker = make.account("a" * 30, display_name="M" * 60, location=WORD[:80])
    helper = make.account("w" * 30, display_name="W" * 60, reputation=1_234_567)
    agent = make.staff("s" * 30, display_name="S" * 60, tier=3)
    tags = tuple(letter * 30 for letter in "abcde")
    thread = make.thread(author=asker, title=WORD[:150], tags=tags, environment=WORD, **_cooked(BODY))
    answer = make.answer(thread, author=helper, score=-123_456, **_cooked(BODY))
    make.comment(thread, author=helper, **_cooked(WORD))
    make.comment(thread, author=asker, answer_id=answer.id, **_cooked(WORD))
    with database.writing() as session:
        asking = make.actor(asker)
        ticket = ask_staff(session, asking, thread.id, Reason.OUTAGE, cook(BODY))
        open_privately(session, asking, WORD[:150], cook(BODY), environment=WORD[:300])
        for audience in Audience:
            reply_as_staff(session, make.actor(agent), ticket.reference, audience, cook(BODY), confirmed=True)
        session.get_one(Thread, thread.id).accepted_answer_id = answer.id
        session.get_one(Thread, thread.id).accepted_at = now()
        session.get_one(Answer, answer.id).score = 123_456
    return Worst(asker, thread, ticket)


def _cooked(source: str) -> dict[str, object]:
    made = cook(source)
    return {"source": made.source, "html": made.html, "text": made.text, "cooker_version": made.version}
