"""What the front page says of replies that wait, and what it costs whoever has none."""

from __future__ import annotations

from forum.mailin.places import waiting


def test_whoever_has_no_reply_that_waits_costs_one_query(database, make, queries):
    actor = make.actor(make.account("ana"))
    with database.reading() as session:
        session.connection()
        with queries() as seen:
            assert waiting(session, actor, [0]) == {}

    assert len([statement for statement in seen if statement.lstrip().startswith("SELECT")]) == 1
