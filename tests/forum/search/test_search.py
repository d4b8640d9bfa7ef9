"""Finding threads by words, on whichever engine the database brings."""

import json

import pytest
from sqlalchemy import text

from forum.access import Actor
from forum.posts import PostKind, PostRef, Visibility
from forum.search.engines import CANDIDATES, engine_of
from forum.search.index import document_id, index_posts, post_of
from forum.search.queries import LIKELY, PAGE, search, similar
from forum.tags.models import SpaceAudience
from forum.threads.models import Answer, Thread
from tests.conftest import SERVER
from tests.shared_data import shared

ODD = [
    "c++",
    'foo"',
    '"',
    "'",
    "AND",
    "OR NOT",
    "NEAR(a b)",
    "a*",
    "(",
    ")",
    "^",
    "-",
    "--",
    '-"',
    "tag:",
    "title:x",
    ":",
]
ODD += ["%", "_", "\x00", "{}", "&|!", "a & !b", "<->", "\\", "is:nonsense", "[", "[]", "😀", "x" * 5000, "a " * 3000]
ODD += ["((((((((", "col:umn", "\u0600"]


@pytest.fixture
def ask(make, database):
    """A published thread that the index knows of, with an answer when one is given."""

    def ask(title: str, body: str = "It does not work.", answer: str | None = None, **columns):
        thread = make.thread(title=title, body=body, **columns)
        refs = [PostRef(PostKind.THREAD, thread.id)]
        if answer is not None:
            refs.append(PostRef(PostKind.ANSWER, make.answer(thread, body=answer).id))
        with database.writing() as session:
            index_posts(session, refs)
        return thread

    return ask


@pytest.fixture
def titles(database):
    def titles(query: str, actor: Actor | None = None) -> list[str]:
        with database.reading() as session:
            return [hit.title for hit in search(session, actor, query).hits]

    return titles


def test_words_are_found_in_title_body_answers_and_tags(ask, titles):
    ask("Sync stops halfway", tags=("macos",))
    ask("Photos missing", body="They were on the tablet.")
    ask("Slow upload", answer="Turn off the bandwidth limiter.")

    assert titles("halfway") == ["Sync stops halfway"]
    assert titles("macos") == ["Sync stops halfway"]
    assert titles("tablet") == ["Photos missing"]
    assert titles("bandwidth limiter") == ["Slow upload"]


def test_all_words_must_occur_and_if_none_holds_all_some_do(ask, titles, database):
    ask("Sync stops on battery")
    ask("Sync resumes at night")

    assert titles("sync battery") == ["Sync stops on battery"]
    assert titles("resumes battery") != []
    with database.reading() as session:
        assert search(session, None, "resumes battery").loosened
        assert not search(session, None, "sync battery").loosened


def test_endings_do_not_matter(ask, titles):
    ask("Syncing folders fails")

    assert titles("sync folder") == ["Syncing folders fails"]


def test_the_last_word_may_be_unfinished_or_a_phrase_exact(ask, titles):
    ask("Conflicted copies appear")
    ask("Copies of conflicted files")

    assert titles('"conflicted copies"') == ["Conflicted copies appear"]


def test_a_word_can_be_excluded(ask, titles):
    ask("Login fails on Linux")
    ask("Login fails on Windows")

    assert titles("login -windows") == ["Login fails on Linux"]


def test_a_title_weighs_more_than_a_body(ask, titles):
    ask("Something else entirely", body="The thumbnail cache was mentioned once.")
    ask("Thumbnail cache grows", body="It grows and grows.")
    ask("Another one", body="We saw a thumbnail.")

    assert titles("thumbnail")[0] == "Thumbnail cache grows"


def test_tags_products_people_and_state_narrow(ask, titles, make):
    space = make.space("Lantern Desktop", slug="desktop")
    ana = make.account("ana")
    solved = ask("Crash at start", tags=("crash",), space_id=space.id, author=ana, answer="Update it.")
    ask("Crash at exit", tags=("exit",))
    with make.database.writing() as session:
        thread = session.get_one(Thread, solved.id)
        thread.accepted_answer_id = session.query(Answer).filter_by(thread_id=solved.id).one().id

    assert titles("crash") != titles("crash tag:crash")
    for narrow in ("tag:crash", "[crash]", "product:desktop", "user:ana", "user:@ana", "is:solved"):
        assert titles(f"crash {narrow}") == ["Crash at start"], narrow
        assert titles(narrow) == ["Crash at start"], narrow
    assert titles("is:unanswered") == ["Crash at exit"]


@pytest.mark.parametrize("typed", ODD)
def test_nothing_that_can_be_typed_is_an_error(ask, titles, typed):
    ask("C++ client crashes")

    titles(typed)
    titles(f"client {typed}")


def test_no_naughty_string_breaks_search_or_is_lost_on_the_page(browser, ask):
    ask("Anything at all")
    for naughty in json.loads(shared("blns.json").read_text()):
        assert browser.get("/search", params={"q": naughty}).status_code == 200, naughty


def test_what_one_may_not_see_is_not_found(ask, titles, make):
    ask("Secret hidden thread", visibility=Visibility.HIDDEN)
    ask("Secret deleted thread", visibility=Visibility.DELETED)
    ask("Secret pending thread", visibility=Visibility.PENDING)
    ask("Secret unlisted thread", visibility=Visibility.UNLISTED)
    ask("Secret withheld thread", withheld=True)
    inside = make.space("Inside", audience=SpaceAudience.SIGNED_IN)
    ask("Secret thread of members", space_id=inside.id)

    assert titles("secret") == []
    assert titles("secret", make.actor(make.account())) == ["Secret thread of members"]
    assert titles("secret", make.actor(make.moderator())) == ["Secret thread of members"]


def test_a_hidden_answers_words_are_not_found(make, database, titles):
    thread = make.thread(title="Open question")
    answer = make.answer(thread, body="The unspeakable word.", visibility=Visibility.HIDDEN)
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.ANSWER, answer.id)])

    assert titles("unspeakable") == []


def test_hits_carry_the_words_around_the_match_escaped(browser, ask):
    ask("Odd markup", body="a " * 200 + "before <script>alert(1)</script> needle after")
    page = browser.get("/search", params={"q": "needle"})

    assert "<mark>needle</mark>" in page.text
    assert "<script>alert(1)" not in page.text


def test_pages_follow_each_other_without_gap_or_repeat(ask, database):
    for number in range(PAGE * 2 + 3):
        ask(f"Sync question {number}", body="sync " * (number % 7 + 1))
    seen, after = [], None
    with database.reading() as session:
        while True:
            results = search(session, None, "sync", after=after)
            seen += [hit.id for hit in results.hits]
            after = results.next
            if after is None:
                break

    assert len(seen) == len(set(seen)) == PAGE * 2 + 3


@pytest.mark.parametrize("query", ["sync", "sync stalls", "is:open"])
def test_what_is_written_meanwhile_moves_no_hit_across_an_edge(ask, make, database, query):
    often = [number % 7 + 1 for number in range(PAGE * 2 + 3)]
    threads = [
        ask(f"Sync stalls {number}", body="sync " * many + "other " * (7 - many)) for number, many in enumerate(often)
    ]
    with database.reading() as session:
        first = search(session, None, query)
        second = search(session, None, query, after=first.next)
    ask("Words that nobody looks for", body="banana apple pear " * 60)
    ask("Sync stalls, and once more sync stalls", body="sync stalls " * 40)
    shown = {hit.id for hit in (*first.hits, *second.hits)}
    rest = next(thread for thread in threads if thread.id not in shown)
    late = make.answer(rest, body="sync stalls " * 40)
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.ANSWER, late.id)])

    with database.reading() as session:
        again = search(session, None, query, after=first.next)
        third = search(session, None, query, after=second.next)
    assert [hit.id for hit in again.hits] == [hit.id for hit in second.hits]
    assert {hit.id for hit in third.hits} == {thread.id for thread in threads} - shown


def test_a_hit_that_goes_takes_none_from_the_next_page(ask, database):
    for number in range(PAGE * 2):
        ask(f"Sync question {number}", body="sync " * (number % 7 + 1))
    with database.reading() as session:
        first = search(session, None, "sync")
        second = search(session, None, "sync", after=first.next)
    with database.writing() as session:
        session.get_one(Thread, first.hits[-1].id).visibility = Visibility.HIDDEN

    with database.reading() as session:
        again = search(session, None, "sync", after=first.next)
    assert [hit.id for hit in again.hits] == [hit.id for hit in second.hits]


def test_a_mangled_cursor_starts_again(ask, database):
    ask("Sync question")
    with database.reading() as session:
        assert search(session, None, "sync", after="nonsense").hits


def test_more_hits_cost_no_more_queries(browser, ask, queries):
    ask("Sync question 0", answer="sync")
    with queries() as few:
        browser.get("/search", params={"q": "sync"})
    for number in range(6):
        ask(f"Sync question {number + 1}", answer="sync", tags=("sync",))
    with queries() as many:
        browser.get("/search", params={"q": "sync"})

    assert len(many) == len(few) > 0


def test_similar_threads_share_rare_words_and_come_best_first(ask, database):
    for number in range(30):
        ask(f"My client is slow {number}")
    ask("Client crashes when the thumbnail cache is full")
    ask("Thumbnail is blurry")
    with database.reading() as session:
        found = similar(session, None, "my client crashes on a full thumbnail cache")

    assert found[0].title == "Client crashes when the thumbnail cache is full"


def test_one_thread_with_very_many_matching_answers_does_not_hide_others(ask, make, database):
    thread = ask("Thumbnail cache is full")
    answers = [make.answer(thread, body="Clear the thumbnail cache") for _ in range(LIKELY + 5)]
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.ANSWER, answer.id) for answer in answers])
    ask("Pictures are blurry", answer="What I tried last was the thumbnail, after having tried everything else")
    with database.reading() as session:
        found = similar(session, None, "thumbnail cache")

    assert [one.title for one in found] == ["Thumbnail cache is full", "Pictures are blurry"]


@pytest.mark.skipif(not SERVER, reason="SQLite counts words fast and keeps no statistics of them")
def test_words_that_stand_in_very_many_posts_are_not_counted_each_time(database):
    documents = "INSERT INTO search_index (rowid, title, body, tags) SELECT n, 'lamp', 'word' || n, '' FROM"
    with database.writing() as session:
        session.execute(text(f"{documents} generate_series(1, 2500) AS n"))
        session.execute(text("ANALYZE search_index"))
        session.execute(text("DELETE FROM search_index WHERE rowid > 10"))
        engine = engine_of(session)
        words = ["lamps", "word7", "word2450", "nowhere", "the"]
        counted = engine.count(session, words, engine.usual(session))

    assert counted == {"lamps": engine.common, "word7": 1, "word2450": 0, "nowhere": 0, "the": -1}


def test_similar_leaves_the_thread_itself_out(ask, database):
    thread = ask("Thumbnail cache is full")
    with database.reading() as session:
        assert similar(session, None, "Thumbnail cache is full", without=thread.id) == ()


def test_similar_is_a_fragment_for_a_script_and_a_page_without(browser, ask):
    ask("Thumbnail cache is full")
    fragment = browser.fragment("GET", "/ask/similar?title=thumbnail+cache")
    page = browser.get("/ask/similar?title=thumbnail+cache")

    assert "Thumbnail cache is full" in fragment.text
    assert "<html" not in fragment.text
    assert "<html" in page.text


def test_documents_are_numbered_both_ways():
    for ref in (PostRef(PostKind.THREAD, 7), PostRef(PostKind.ANSWER, 7)):
        assert post_of(document_id(ref)) == ref


@pytest.fixture
def crowd(database):
    """So many newer answers that hold these words, as the index knows them; their posts are not needed."""

    def crowd(words: str, count: int) -> None:
        first = 1_000_001
        rows = [{"rowid": first + 2 * number, "body": f"{words} {number}"} for number in range(count)]
        with database.writing() as session:
            statement = "INSERT INTO search_index (rowid, title, body, tags) VALUES (:rowid, '', :body, '')"
            session.execute(text(statement), rows)

    return crowd


def test_a_question_is_found_by_its_title_however_many_newer_answers_hold_the_word(ask, titles, crowd):
    ask("Xylophone spooler jams on every print")
    crowd("the xylophone plays", CANDIDATES + 100)

    assert titles("xylophone") == ["Xylophone spooler jams on every print"]


def test_similar_finds_the_same_title_however_many_newer_answers_share_a_word(ask, database, crowd):
    ask("Xylophone spooler jams on every print")
    crowd("the xylophone plays", 450)
    with database.reading() as session:
        found = similar(session, None, "Xylophone spooler jams on every print")

    assert [one.title for one in found] == ["Xylophone spooler jams on every print"]


def test_a_word_that_is_not_wanted_narrows_what_only_a_tag_or_state_was_asked_of(ask, titles):
    ask("Sync stops halfway", tags=("macos",))
    ask("Two copies of each photo", tags=("macos",))

    assert titles("tag:macos -copies") == ["Sync stops halfway"]
    assert titles("is:unanswered -sync -copy") == []
    assert titles("tag:macos -elsewhere") == ["Two copies of each photo", "Sync stops halfway"]
