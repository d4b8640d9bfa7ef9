"""What was there before organisations chose: nobody sees less than they did, or more."""

from sqlalchemy import create_engine, inspect, text

from forum import schema
from tests.test_migrations import empty_url  # noqa: F401 - a fixture

MOMENT = "2026-03-02 09:00:00.000000"
FILL = f"""
INSERT INTO organisations (id, name, plan, importance, shares_tickets, created_at)
VALUES (1, 'Shares', '', 3, TRUE, '{MOMENT}'), (2, 'Keeps', '', 3, FALSE, '{MOMENT}');
INSERT INTO accounts (id, handle, display_name, email, moderator, staff, admin, team, skills,
  organisation_id, time_zone, locale, bio_source, bio_html, location, website, mail_notifications, reputation,
  question_count, answer_count, unread_count, created_at)
VALUES (1, 'ana', 'Ana', 'ana@example.org', FALSE, FALSE, FALSE, '', '[]', 1, 'UTC', 'en', '', '', '', '', TRUE, 1,
  0, 0, 0, '{MOMENT}');
INSERT INTO account_tokens (id, account_id, purpose, token_hash, email, created_at, expires_at)
VALUES (1, 1, 'reset_password', 'abc', 'ana@example.org', '{MOMENT}', '{MOMENT}');
INSERT INTO spaces (id, slug, name, colour, description, audience, position, thread_count)
VALUES (1, 'few', 'Few', 'amber', '', 'organisations', 0, 0), (2, 'all', 'All', 'amber', '', 'everyone', 1, 0);
INSERT INTO tickets (id, reference, requester_id, organisation_id, environment, subject, reason, state, priority, tier,
  team, version, created_at, last_word_at)
VALUES (1, 'PL-1', 1, 1, '', 'Mine', 'private', 'new', 'normal', 1, '', 1, '{MOMENT}', '{MOMENT}'),
  (2, 'PL-2', 1, 2, '', 'Kept', 'private', 'new', 'normal', 1, '', 1, '{MOMENT}', '{MOMENT}'),
  (3, 'PL-3', 1, NULL, '', 'Alone', 'private', 'new', 'normal', 1, '', 1, '{MOMENT}', '{MOMENT}')
"""
INVITATION = f"""
INSERT INTO account_tokens (id, organisation_id, purpose, token_hash, email, created_at, expires_at)
VALUES (2, 1, 'join_organisation', 'def', 'new@example.org', '{MOMENT}', '{MOMENT}')
"""


def test_filled_data_goes_up_and_down_and_up_again(empty_url):  # noqa: F811
    schema.upgrade(empty_url, "0015")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        for statement in FILL.split(";\n"):
            connection.execute(text(statement))
    for _ in range(2):
        schema.upgrade(empty_url)
        with engine.begin() as connection:
            shared = connection.execute(text("SELECT id FROM tickets WHERE shared IS TRUE")).scalars().all()
            chosen = connection.execute(
                text("SELECT space_id, organisation_id FROM space_organisations ORDER BY 2")
            ).all()
            connection.execute(text(INVITATION))
        assert shared == [1]
        assert [tuple(row) for row in chosen] == [(1, 1), (1, 2)]
        schema.downgrade(empty_url, "0015")
        with engine.connect() as connection:
            assert connection.execute(text("SELECT id FROM account_tokens")).scalars().all() == [1]
            assert connection.execute(text("SELECT count(*) FROM tickets")).scalar_one() == 3
        assert "shared" not in {column["name"] for column in inspect(engine).get_columns("tickets")}
    engine.dispose()
