"""Importing a real community: exact counts, nothing twice, nothing lost when killed, later dumps, hostile files."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.events import Event
from forum.following import Follow, Subject
from forum.importers.dump import DumpError, moment, rows, tag_names
from forum.importers.models import ImportedId
from forum.jobs import Job
from forum.posts import PostKind
from forum.tags.models import Tag
from forum.threads.models import Answer, Comment, Resolution, Revision, Thread, ThreadTag
from tests.forum.importers.conftest import quoted


@pytest.fixture
def count(database):
    def count(model, *conditions) -> int:
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(model).where(*conditions))

    return count


def question(number: int, **columns: object) -> dict[str, object]:
    row = {"Id": number, "PostTypeId": 1, "CreationDate": "2019-05-01T10:00:00.000", "Score": 3, "OwnerUserId": 7}
    return row | {"Body": "<p>How?</p>", "Title": f"How does it work {number}", "Tags": "<how><why>"} | columns


def answer(number: int, parent: int, **columns: object) -> dict[str, object]:
    row = {"Id": number, "PostTypeId": 2, "ParentId": parent, "CreationDate": "2019-05-02T10:00:00.000", "Score": 1}
    return row | {"Body": "<p>Like so.</p>", "OwnerUserId": 8} | columns


def test_every_row_of_a_real_site_is_there_or_accounted_for(bring, conlang, count, database):
    report = bring(conlang)

    assert count(Thread) == report.added["questions"] == 54
    assert count(Answer) == report.added["answers"] == 115
    assert count(Comment) == report.added["comments"] == 230
    assert report.added["users"] == 272
    assert count(Thread, Thread.accepted_answer_id.is_not(None)) == 11
    assert count(Tag) == 71
    for kind in ("questions", "answers", "users", "comments"):
        assert report.unchanged(kind) == 0
    with database.reading() as session:
        scores = session.scalar(select(func.sum(Thread.score))) + session.scalar(select(func.sum(Answer.score)))
    assert scores == sum(int(row["Score"]) for row in rows(conlang / "Posts.xml") if row["PostTypeId"] in "12")


def test_posts_keep_their_dates_authors_scores_and_place(bring, conlang, database):
    bring(conlang)
    old = {row["Id"]: row for row in rows(conlang / "Posts.xml")}
    people = {row["Id"]: row["DisplayName"] for row in rows(conlang / "Users.xml")}
    with database.reading() as session:
        for model, kind in ((Thread, "question"), (Answer, "answer")):
            found = session.execute(
                select(ImportedId.external_id, model, Account)
                .join(model, model.id == ImportedId.local_id)
                .join(Account, Account.id == model.author_id)
                .where(ImportedId.kind == kind)
            ).all()
            assert found
            for external_id, post, author in found:
                row = old[external_id]
                assert post.created_at == moment(row["CreationDate"])
                assert post.score == post.score_base == int(row["Score"])
                if "OwnerUserId" in row:
                    assert author.display_name == " ".join(people[row["OwnerUserId"]].split())


def test_the_markdown_of_the_history_is_what_an_editor_would_edit(bring, conlang, database):
    bring(conlang)
    with database.reading() as session:
        edited = session.scalars(select(Thread).where(Thread.revision > 1)).first()
        last = session.scalars(
            select(Revision).filter_by(post_kind=PostKind.THREAD, post_id=edited.id, number=edited.revision)
        ).one()
    assert edited.source.strip() == last.source.strip()
    assert "<p>" not in edited.source


def test_a_second_run_adds_nothing(bring, conlang, count):
    bring(conlang)
    tables = (Account, Thread, Answer, Comment, Revision, Tag, ThreadTag, Follow, ImportedId)
    before = [count(table) for table in tables]
    report = bring(conlang)

    assert [count(table) for table in tables] == before
    assert report.added.total() == report.changed.total() == 0
    assert report.unchanged("comments") == 230


def test_nothing_is_announced_or_queued(bring, conlang, count, heard):
    bring(conlang)

    assert {type(event).__name__ for event in heard} == {"ReputationImported"}
    assert count(Job) == 0
    assert isinstance(heard[0], Event)


def test_posts_alone_are_enough(bring, conlang, tmp_path, count):
    folder = tmp_path / "alone"
    folder.mkdir()
    shutil.copy(conlang / "Posts.xml", folder)
    report = bring(folder)

    assert count(Thread) == 54
    assert report.added["people without a user row"] > 20
    assert count(Account, Account.display_name == "") == 0


def test_people_named_by_posts_alone_get_their_names_from_a_later_dump(bring, write, database, count):
    folder = write(Posts=[question(1), answer(2, 1)])
    bring(folder, site="lamps")
    write(Users=[{"Id": 7, "DisplayName": "Zoë Ö", "CreationDate": "2018-01-01T00:00:00", "Reputation": 120}])
    bring(folder, site="lamps")

    with database.reading() as session:
        zoe = session.scalars(select(Account).where(Account.display_name == "Zoë Ö")).one()
    assert count(Account) == 2
    assert zoe.reputation == 120


def test_an_import_that_was_killed_goes_on(bring, conlang, database_url, tmp_path, count):
    script = (
        "import sys\nfrom pathlib import Path\nfrom forum.settings import Settings\nfrom forum.app import build_site\n"
        "from forum.importers.actions import import_stackexchange\n"
        "from tests.forum.importers.conftest import quiet\n"
        "url, folder, var = sys.argv[1:]\n"
        "site = build_site(Settings(database_url=url, var=Path(var), secret='x' * 32))\n"
        "import_stackexchange(site.database, Path(folder), var=Path(var), progress=quiet)\n"
    )
    command = [sys.executable, "-c", script, database_url, str(conlang), str(tmp_path)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 60
    while count(Answer) == 0 and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    halfway = count(Comment)
    bring(conlang)

    assert halfway < 230
    assert (count(Thread), count(Answer), count(Comment), count(Account)) == (54, 115, 230, 272 + 5)


def test_counters_agree_with_what_is_there(bring, conlang, database):
    bring(conlang)
    with database.reading() as session:
        for thread in session.scalars(select(Thread)):
            here = [
                session.scalar(select(func.count()).select_from(table).where(table.thread_id == thread.id))
                for table in (Answer, Comment)
            ]
            of_it = (Follow.subject == Subject.THREAD, Follow.subject_id == thread.id)
            here.append(session.scalar(select(func.count()).select_from(Follow).where(*of_it)))
            assert [thread.answer_count, thread.comment_count, thread.follower_count] == here
        for tag in session.scalars(select(Tag)):
            uses = select(func.count()).select_from(ThreadTag).where(ThreadTag.tag_id == tag.id)
            assert tag.thread_count == session.scalar(uses)
        for person in session.scalars(select(Account)):
            for column, table in ((person.question_count, Thread), (person.answer_count, Answer)):
                asked = select(func.count()).select_from(table).where(table.author_id == person.id)
                assert column == session.scalar(asked)


def test_a_later_dump_adds_and_changes_what_is_new(bring, write, database, count):
    folder = write(Posts=[question(1), answer(2, 1)])
    bring(folder, site="lamps")
    write(
        Posts=[
            question(1, Score=9, Title="How does it really work", Tags="<how>", AcceptedAnswerId=3),
            answer(2, 1),
            answer(3, 1, Body="<p>Better so.</p>"),
        ]
    )
    report = bring(folder, site="lamps")

    assert (report.added["answers"], report.changed["questions"], report.added["questions"]) == (1, 1, 0)
    with database.reading() as session:
        thread = session.scalars(select(Thread)).one()
        accepted = session.get_one(Answer, thread.accepted_answer_id)
    assert (thread.title, thread.score, thread.answer_count) == ("How does it really work", 9, 2)
    assert accepted.source.strip() == "Better so."
    assert count(ThreadTag) == 1


def test_what_was_edited_here_keeps_its_text_and_takes_the_score(bring, write, database):
    folder = write(Posts=[question(1)])
    bring(folder, site="lamps")
    with database.writing() as session:
        thread = session.scalars(select(Thread)).one()
        thread.source, thread.revision, thread.score = "Edited here.", 2, thread.score + 1
    write(Posts=[question(1, Score=10, Body="<p>Edited there.</p>")])
    report = bring(folder, site="lamps")

    with database.reading() as session:
        thread = session.scalars(select(Thread)).one()
    assert (thread.source, thread.score, thread.score_base) == ("Edited here.", 11, 10)
    assert report.skipped["text of edited questions", "edited here since"] == 1


def test_an_answer_accepted_here_stays(bring, write, database, make):
    posts = [question(1, AcceptedAnswerId=2), answer(2, 1)]
    folder = write(Posts=posts)
    bring(folder, site="lamps")
    with database.writing() as session:
        thread = session.scalars(select(Thread)).one()
    ours = make.answer(thread)
    with database.writing() as session:
        session.get_one(Thread, thread.id).accepted_answer_id = ours.id
    bring(folder, site="lamps")

    with database.reading() as session:
        assert session.get_one(Thread, thread.id).accepted_answer_id == ours.id


def test_quirks_of_real_dumps(bring, write, database, count):
    folder = write(
        Posts=[
            question(1, Tags="|a|b-c|", OwnerUserId=-1),
            {**question(2, Body='<P>x<Br>y</P><A HREF="javascript:alert(1)">z</A>'), "OwnerDisplayName": "user99"},
            question(3, PostTypeId=5),
            answer(4, 99),
            question(5, Title=""),
        ],
        Comments=[
            {"Id": 1, "PostId": 1, "Score": 0, "Text": "no user", "CreationDate": "2019-05-01T10:00:00"},
            {"Id": 2, "PostId": 77, "Score": 0, "Text": "no post", "CreationDate": "2019-05-01T10:00:00"},
        ],
        Votes=[{"Id": 1, "PostId": 77, "VoteTypeId": 2, "CreationDate": "2019-05-01T00:00:00"}],
    )
    report = bring(folder)

    with database.reading() as session:
        names = session.scalars(select(Account.display_name).order_by(Account.display_name)).all()
        html = " ".join(session.scalars(select(Thread.html)))
    assert {"Community", "Former member", "User 7"} <= set(names)
    assert 'href="javascript' not in html
    assert count(Tag, Tag.name.in_(("a", "b-c"))) == 2
    assert report.skipped["answers", "its question is not in the dump"] == 1
    assert report.skipped["comments", "its post is not in the dump"] == 1
    assert report.skipped["other posts", "tag wikis have no place here"] == 1


def test_duplicates_lead_to_the_root_and_circles_stay_open(bring, write, database):
    links = [(1, 2), (2, 3), (3, 1), (4, 1)]
    folder = write(
        Posts=[question(number) for number in (1, 2, 3, 4)],
        PostLinks=[
            {"Id": place, "PostId": one, "RelatedPostId": other, "LinkTypeId": 3}
            for place, (one, other) in enumerate(links)
        ],
    )
    bring(folder)
    with database.reading() as session:
        threads = {thread.title[-1]: thread for thread in session.scalars(select(Thread))}
    assert threads["3"].duplicate_of_id is None
    assert threads["4"].duplicate_of_id in {threads["2"].id, threads["3"].id}
    assert threads["1"].resolution is Resolution.DUPLICATE


def test_closed_questions_are_locked_with_the_reason(bring, write, database):
    line = {"Id": 1, "PostHistoryTypeId": 10, "PostId": 1, "RevisionGUID": "g", "CreationDate": "2019-06-01T00:00:00"}
    folder = write(Posts=[question(1, ClosedDate="2019-06-01T00:00:00")], PostHistory=[line | {"Comment": "103"}])
    bring(folder)
    with database.reading() as session:
        thread = session.scalars(select(Thread)).one()
    assert thread.locked
    assert thread.lock_reason == "Closed on the former site: unclear what is asked."


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<!DOCTYPE posts [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', "&b;"),
        ('<!DOCTYPE posts [<!ENTITY file SYSTEM "file:///etc/passwd">]>', "&file;"),
        ("", '<row Id="1"'),
        ("", "<row Id=1 />"),
    ],
)
def test_hostile_and_broken_files_are_refused_in_one_line(bring, tmp_path, head, body, count):
    (tmp_path / "Posts.xml").write_text(f'<?xml version="1.0"?>{head}<posts>{body}</posts>')
    with pytest.raises(DumpError, match=r"Posts\.xml") as refusal:
        bring(tmp_path)

    assert "\n" not in str(refusal.value)
    assert count(Thread) == 0


def test_a_doctype_is_passed_over_and_never_loaded(bring, tmp_path, count):
    row = " ".join(f'{name}="{quoted(value)}"' for name, value in question(1).items())
    doctype = '<!DOCTYPE posts SYSTEM "http://127.0.0.1:9/never.dtd">'
    (tmp_path / "Posts.xml").write_text(f'<?xml version="1.0"?>{doctype}<posts><row {row} /></posts>')
    bring(tmp_path)

    assert count(Thread) == 1


def test_a_folder_without_posts_is_refused(bring, tmp_path):
    with pytest.raises(DumpError, match=r"There is no Posts\.xml"):
        bring(tmp_path)


def test_old_addresses_lead_to_the_new_ones(bring, write, browser):
    bring(write(Posts=[question(41), answer(42, 41)], Users=[]))

    def moved(path: str) -> str:
        reply = browser.get(path, follow_redirects=False)
        assert reply.status_code == 301
        return reply.headers["location"]

    assert moved("/questions/41").endswith("/how-does-it-work-41")
    assert moved("/questions/41/how-does-it-work") == moved("/q/41") == moved("/a/41")
    assert moved("/a/42").split("#")[1].startswith("answer-")
    assert moved("/users/7") == "/people/user-7"
    assert browser.get("/questions/999").status_code == 404


def test_tags_are_read_in_both_notations():
    assert tag_names("<a><b-c>") == tag_names("|a|b-c|") == ["a", "b-c"]
    assert tag_names(None) == tag_names("") == []


def test_memory_stays_flat_whatever_the_size(tmp_path):
    """A hundred times the rows must not take a hundred times the memory."""
    file = tmp_path / "Posts.xml"
    with file.open("w") as out:
        out.write("<posts>")
        for number in range(100_000):
            out.write(f'<row Id="{number}" PostTypeId="1" Body="{"x" * 200}" />')
        out.write("</posts>")
    tracemalloc.start()
    read = sum(1 for _row in rows(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert read == 100_000
    assert peak < 8 * 1024 * 1024
