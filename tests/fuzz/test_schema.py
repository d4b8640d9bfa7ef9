"""Whatever is sent, by whomever: no crash, and no reply that the OpenAPI document does not announce.

`make fuzz` runs it, with `PORCHLIGHT_FUZZ=short` for half a minute a role. Which limits an act has is not in the
document, so `positive_data_acceptance` is left out: what fits a shape may still be refused, in words.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from forum.access import usable_scopes
from forum.accounts.api_tokens import make_token
from forum.accounts.models import Account
from forum.events.moderation import FlagReason
from forum.markup import cook
from forum.posts import PostKind, PostRef
from moderation.flags.actions import flag_post
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately
from support.tickets.models import Reason
from tests.conftest import SECRET
from tests.races.conftest import _free_port, _wait

pytestmark = pytest.mark.fuzz
SHORT = os.environ.get("PORCHLIGHT_FUZZ") == "short"
ROLES = ("customer", "moderator", "staff", "admin")
PHASES = "examples,coverage,fuzzing" if SHORT else "examples,coverage,fuzzing,stateful"
EXAMPLES = "4" if SHORT else "60"
ROLES_OWN = {
    "customer": ("--phases", PHASES),
    "moderator": ("--phases", PHASES, "--include-tag", "reviews", "--include-tag", "flags"),
    "staff": ("--phases", PHASES, "--include-tag", "tickets", "--include-tag", "escalations"),
    "admin": ("--phases", "examples,fuzzing"),
}
"""In the short form each role beside the customer is sent to what is its own."""
LEFT_OUT = "positive_data_acceptance"
CONFIG = """
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422]
"""
"""What fits no shape may also be too large to be looked at."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def people(make) -> dict[str, Account]:
    return {
        "customer": make.account("ana", reputation=3000),
        "moderator": make.moderator("mo"),
        "staff": make.staff("sam"),
        "admin": make.admin("ada"),
    }


@pytest.fixture
def known(database, make, people) -> dict[str, list[object]]:
    """A little of everything, among it what each role may and may not see; and its names."""
    others = [make.account(reputation=200) for _ in range(3)]
    make.tag("sync")
    asked = [make.thread(author, tags=("sync",)) for author in (*people.values(), *others)]
    hidden = make.thread(others[0], visibility="hidden")
    answers = [make.answer(thread, others[number % 3]) for number, thread in enumerate(asked)]
    make.comment(asked[0])
    refs, reviews = [], []
    for number, thread in enumerate(asked[:4]):
        owner = make.actor(list(people.values())[number])
        with database.writing() as session:
            refs.append(ask_staff(session, owner, thread.id, Reason.OUTAGE, cook("It is down.")).reference)
            refs.append(open_privately(session, owner, "An invoice twice", cook("We paid.")).reference)
    flagger = make.actor(make.account("flagger", reputation=200))
    for answer in answers[:5]:
        with database.writing() as session:
            post = PostRef(PostKind.ANSWER, answer.id)
            reviews.append(flag_post(session, flagger, post, FlagReason.OFF_TOPIC).review_id)
    return {
        "thread_id": [*(thread.id for thread in asked), hidden.id],
        "answer_id": [answer.id for answer in answers],
        "review_id": reviews,
        "ref": refs,
        "handle": [account.handle for account in people.values()],
        "q": ["sync", "sync -halfway tag:sync", '"sync stops"', "is:solved", "c++"],
        "tag": ["sync"],
    }


@pytest.fixture
def environ(settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    return kept | {
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_VAR": str(settings.var),
        "PORCHLIGHT_SECRET": SECRET,
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def server(environ, tmp_path) -> Iterator[str]:
    port = _free_port()
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.serving", str(port)], env=environ, stdout=out, stderr=out
        )
    try:
        _wait(port, patience=120)
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(timeout=20)
    lines = log.read_text().splitlines()
    statuses = Counter(re.search(r'"status": (\d+)', line)[1] for line in lines if '"status": ' in line)
    print("Replies:", ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items())))
    assert not [line for line in lines if "Traceback" in line]
    assert max(statuses) < "500"
    assert min(statuses) == "200", "nothing that was sent did anything"


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_is_sent_breaks_the_api_or_its_document(database, people, known, environ, server, tmp_path, role):
    account = people[role]
    scopes = usable_scopes(account.roles)
    token = database.write(lambda session: make_token(session, account.id, "Fuzz", scopes)[1])
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"{server}/openapi.json",
        *("--header", f"Authorization: Bearer {token}"),
        *(ROLES_OWN[role] if SHORT else ("--phases", PHASES)),
        *("--exclude-checks", LEFT_OUT),
        *("--max-examples", EXAMPLES),
        *("--request-timeout", "30"),
        *("--seed", os.environ.get("PORCHLIGHT_FUZZ_SEED", "1")),
        "--continue-on-failure",
        *(["--no-shrink"] if SHORT else []),
        *("--suppress-health-check", "all"),
        *("--warnings", "off"),
    ]
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    began = time.monotonic()
    hooks = {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PORCHLIGHT_TEST_KNOWN": json.dumps(known)}
    done = subprocess.run(
        command, env=environ | hooks, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=3000
    )
    print(f"\n{role} on {database.dialect}, {time.monotonic() - began:.0f} s:\n{_figures(done.stdout)}")
    assert done.returncode == 0, done.stdout + done.stderr


def _figures(output: str) -> str:
    """The summary at the end of a run."""
    _before, _line, summary = output.partition(" SUMMARY ")
    return summary or output[-2000:]
