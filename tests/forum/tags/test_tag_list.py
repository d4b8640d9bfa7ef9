"""The list of tags."""

from forum.tags.queries import PAGE, tag_page


def test_the_most_used_come_first_and_unused_ones_not_at_all(make, database):
    make.tag("rare", thread_count=1)
    make.tag("common", thread_count=9)
    make.tag("unused")
    with database.reading() as session:
        assert [tag.name for tag in tag_page(session).tags] == ["common", "rare"]
        assert [tag.name for tag in tag_page(session, query="COM").tags] == ["common"]
        assert tag_page(session, query="%").tags == ()


def test_pages_hold_every_tag_once_in_either_order(make, database):
    for number in range(PAGE + 10):
        make.tag(f"tag-{number:03}", thread_count=number % 4 + 1)
    for by_name in (False, True):
        with database.reading() as session:
            first = tag_page(session, by_name=by_name)
            second = tag_page(session, by_name=by_name, after=first.next)
        names = [tag.name for tag in (*first.tags, *second.tags)]
        assert len(names) == len(set(names)) == PAGE + 10
        assert second.next is None


def test_a_mangled_cursor_is_no_error(browser):
    assert browser.get("/tags?after=x%3A%00y").status_code == 200
