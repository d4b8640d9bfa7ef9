"""Followers and the switch for mail move over to levels and choices, and back."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from forum import schema
from tests.conftest import fresh_database

BEFORE = "0015"
ACCOUNT = (
    "INSERT INTO accounts (id, handle, display_name, moderator, staff, admin, team, skills, time_zone, locale,"
    " bio_source, bio_html, location, website, mail_notifications, reputation, question_count, answer_count,"
    " unread_count, created_at, email) VALUES (:id, :handle, 'X', false, false, false, '', '[]', 'UTC', 'en', '', '',"
    " '', '', :mail, 1, 0, 0, 1, '2026-01-01 00:00:00', :email)"
)
THREAD = (
    "INSERT INTO threads (id, kind, title, environment, author_id, source, html, text, cooker_version, visibility,"
    " withheld, revision, score, score_base, answer_count, comment_count, follower_count, view_count,"
    " last_activity_at, created_at) VALUES (5, 'question', 'T', '', 1, '', '', '', 1, 'published', false, 1, 0, 0, 0,"
    " 0, 2, 0, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
)
FOLLOW = "INSERT INTO follows (account_id, thread_id, created_at) VALUES (:id, 5, '2026-01-02 03:04:05')"
TOLD = (
    "INSERT INTO notifications (id, account_id, kind, text, url, created_at)"
    " VALUES (1, 1, 'words', 'Hello', '', '2026-01-02 03:04:05')"
)


def test_followers_and_the_switch_move_over_and_back(tmp_path):
    with fresh_database(tmp_path) as url:
        schema.downgrade(url, BEFORE)
        engine = create_engine(url)
        with engine.begin() as connection:
            for number, mail in ((1, True), (2, False)):
                values = {"id": number, "handle": f"a{number}", "mail": mail, "email": f"a{number}@example.org"}
                connection.execute(text(ACCOUNT), values)
            connection.execute(text(THREAD))
            connection.execute(text(TOLD))
            for number in (1, 2):
                connection.execute(text(FOLLOW), {"id": number})
        schema.upgrade(url)
        with engine.begin() as connection:
            levels = connection.execute(text("SELECT account_id, subject, subject_id, level FROM follows ORDER BY 1"))
            assert [tuple(row) for row in levels] == [(1, "thread", 5, "follow"), (2, "thread", 5, "follow")]
            choices = connection.execute(text("SELECT account_id, matter, by_mail FROM notification_choices")).all()
            assert [tuple(row) for row in choices] == [(2, "*", "never")]
            assert connection.execute(text("SELECT count(*) FROM notifications WHERE page AND why = ''")).scalar() == 1
            muted = "INSERT INTO follows VALUES (1, 'tag', 7, 'watch', '2026-01-02 03:04:05')"
            connection.execute(text(muted))
            connection.execute(text("UPDATE follows SET level = 'mute' WHERE account_id = 2"))
            changes = connection.execute(text("SELECT count(*) FROM changes WHERE noun = 'follows'")).scalar()
            assert changes
        schema.downgrade(url, BEFORE)
        with engine.begin() as connection:
            followers = connection.execute(text("SELECT account_id, thread_id FROM follows")).all()
            assert [tuple(row) for row in followers] == [(1, 5)]
            switches = connection.execute(text("SELECT id, mail_notifications FROM accounts ORDER BY id")).all()
            assert [(row[0], bool(row[1])) for row in switches] == [(1, True), (2, False)]
            assert connection.execute(text("SELECT text FROM notifications")).scalar() == "Hello"
        schema.upgrade(url)
        engine.dispose()
