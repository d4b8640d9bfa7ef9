"""Name, colours and logo: shown everywhere at once, by whatever way a page comes."""

import re
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from forum.app import build_site, create_app
from forum.branding.actions import LONGEST_NAME, Looks, set_looks
from forum.branding.logo import LARGEST, remake
from forum.branding.models import StoredLogo
from forum.errors import Invalid
from forum.jobs import Workshop
from forum.letters import send_letter
from tests.browse import Browser

BLUE = {"name": "Example Community", "light": "#1d4ed8", "dark": ""}


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def rename(database, make, admin):
    def rename(name):
        with database.writing() as session:
            set_looks(session, make.actor(admin), Looks(name=name))

    return rename


def picture(kind="PNG", size=(64, 48), **more):
    made = BytesIO()
    Image.new(more.pop("mode", "RGB"), size, "teal").save(made, kind, **more)
    return made.getvalue()


def upload(browser, data, name="logo.png"):
    return browser.client.post("/admin/branding/logo", files={"logo": (name, data)})


def titles(page):
    return re.findall(r"<title>.* · (.*)</title>", page.text)


def test_what_an_admin_calls_the_site_stands_everywhere(browser, admin, thread):
    browser.sign_in(admin)
    browser.post("/admin/branding", BLUE)
    browser.sign_out()

    for path in ("/", f"/threads/{thread.id}/{thread.slug}", "/login", "/nowhere", "/people"):
        assert titles(browser.get(path)) == ["Example Community"], path
        assert "<span>Example Community</span>" in browser.get(path).text
    assert "<title>Example Community</title>" in browser.get("/threads.atom").text
    assert browser.get("/api/v1/openapi.json").json()["info"]["title"] == "Example Community API"


def test_letters_are_written_in_the_name_of_the_site(site, asker, rename):
    rename("Example Community")
    with site.database.writing() as session:
        send_letter(session, "password_changed", asker.email, asker, path="/reset")
    Workshop(site.database, site.jobs).drain()
    (file,) = (site.settings.var / "mail").glob("*.eml")
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)

    assert letter["from"] == "Example Community <porchlight@localhost>"
    assert letter["subject"] == "Your password for Example Community was changed"
    assert "Porchlight" not in letter.get_body(("plain",)).get_content()


def test_without_a_name_it_is_that_of_the_settings(browser, site, rename):
    assert titles(browser.get("/")) == ["Porchlight"]
    rename("Example Community")
    rename("")

    assert titles(browser.get("/")) == ["Porchlight"]


def test_no_kept_page_shows_an_old_name(browser, make, thread, rename, site):
    path = f"/threads/{thread.id}/{thread.slug}"
    bea = make.account("bea")
    for name in ("One", "Another", "A third"):
        rename(name)
        for _ in range(2):  # made, and then kept
            pages = [browser.sign_in(bea).get(path), browser.sign_out().get(path)]
            pages += [browser.get("/nowhere"), browser.get("/")]
            for page in pages:
                assert titles(page) == [name]
                assert f"<span>{name}</span>" in page.text
    assert site.pages.hits >= 9


def test_another_process_shows_it_as_soon(browser, settings, rename):
    other = build_site(settings, rate_limits=False, durable=False)
    with Browser(create_app(other), other) as elsewhere:
        for name in ("One", "Another"):
            rename(name)
            assert titles(elsewhere.get("/")) == titles(elsewhere.get("/nowhere")) == [name]
    other.database.dispose()


def test_colours_come_by_a_stylesheet_that_never_changes(browser, admin):
    browser.sign_in(admin)
    assert "/brand/" not in browser.get("/").text
    browser.post("/admin/branding", BLUE)
    browser.sign_out()
    (address,) = re.findall(r'rel="stylesheet" href="(/brand/[^"]+)"', browser.get("/").text)
    style = browser.get(address)

    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert "--accent: light-dark(#1d4ed8, #6689eb)" in style.text
    assert "immutable" not in browser.get(address.replace(address[-10:-4], "000000")).headers["cache-control"]
    assert browser.get("/brand/1d4ed8-zzzzzz-0.css").status_code == 404
    browser.sign_in(admin).post("/admin/branding", {"light": "#166534"})
    browser.sign_out()
    assert address not in browser.get("/").text


def test_a_colour_that_cannot_be_read_is_refused_with_its_contrast_and_the_nearest_that_can(browser, admin):
    browser.sign_in(admin)
    page = browser.post("/admin/branding", {"name": "Example", "light": "#f5ab2b", "dark": "#1d4ed8"})

    assert page.status_code == 422
    assert "The contrast on #eeeae3 is 1.63, and text needs 4.5. The nearest colour with that is #925f07." in page.text
    assert "is 2.24, and text needs 4.5. The nearest colour with that is #6689eb." in page.text
    assert 'value="#f5ab2b"' in page.text
    assert titles(browser.get("/")) == ["Porchlight"]  # nor is the rest of it saved


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"light": "blue"}, "Give a colour as #"), ({"dark": "#12"}, "Give a colour as #"), ({"name": "x" * 61}, "60")],
)
def test_what_is_wrong_stands_beside_its_field(browser, admin, wrong, words):
    page = browser.sign_in(admin).post("/admin/branding", wrong)

    assert page.status_code == 422
    assert words in page.text


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_a_logo_takes_the_place_of_the_lamp(browser, admin, kind, media_type):
    browser.sign_in(admin)
    browser.post("/admin/branding", {"name": "Example"})
    assert "The logo is saved" in upload(browser, picture(kind, (300, 60))).text
    browser.sign_out()
    page = browser.get("/").text
    (address,) = re.findall(r'<img src="(/brand/logo-[^"]+)" width="300" height="60" alt="Example">', page)
    served = browser.get(address)

    assert served.headers["content-type"] == media_type
    assert "immutable" in served.headers["cache-control"]
    assert Image.open(BytesIO(served.content)).size == (300, 60)
    assert "Example</span>" not in page  # a drawn name needs no other beside it


def test_a_sign_has_the_name_beside_it_and_stands_in_the_tab(browser, admin):
    browser.sign_in(admin)
    upload(browser, picture(size=(64, 64)))
    page = browser.get("/").text

    assert '<span aria-hidden="true">Porchlight</span>' in page
    assert '<link rel="icon" href="/brand/logo-' in page


def test_nothing_of_the_file_is_kept_but_its_pixels():
    exif = Image.Exif()
    exif[0x010E] = "GPS of the photographer"
    exif[0x0112] = 6  # lying on its side
    made = remake(picture("JPEG", (200, 100), exif=exif))

    assert (made.width, made.height) == (100, 200)
    assert b"photographer" not in made.data
    assert not Image.open(BytesIO(made.data)).getexif()
    assert len(remake(picture("PNG") + b"<script>alert(1)</script>").data) < 400


def test_a_large_picture_is_kept_as_large_as_a_page_can_show_it():
    made = remake(picture("PNG", (2000, 2000)))

    assert (made.width, made.height) == (256, 256)


def test_transparency_stays():
    made = remake(picture("PNG", mode="RGBA"))

    assert Image.open(BytesIO(made.data)).mode == "RGBA"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose a file."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no PNG, JPEG or WebP"),
        (picture("GIF"), "This is no PNG, JPEG or WebP"),
        (picture("PNG")[:60], "This is no PNG, JPEG or WebP"),
        (picture("PNG", (2001, 10)), "this one has 2001 × 10"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * LARGEST, "at most 512 KB"),
    ],
)
def test_what_is_no_logo_is_refused_beside_its_field(browser, admin, database, data, words):
    page = upload(browser.sign_in(admin), data)

    assert page.status_code == 422
    assert words in page.text
    assert 'id="logo-error"' in page.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoredLogo)) == 0


def test_a_picture_is_measured_before_it_is_unpacked(monkeypatch):
    huge = picture("PNG", (8000, 8000))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was unpacked"))

    with pytest.raises(Invalid) as refusal:
        remake(huge)
    assert "8000 × 8000" in refusal.value.fields["logo"]

    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Invalid) as refusal:
        remake(huge)
    assert "many more" in refusal.value.fields["logo"]


def test_the_logo_before_stays_for_open_pages_and_older_ones_go(browser, admin, database):
    browser.sign_in(admin)
    for width in (50, 60, 70):
        upload(browser, picture(size=(width, 40)))
    with database.reading() as session:
        assert sorted(session.scalars(select(StoredLogo.width))) == [60, 70]

    browser.post("/admin/branding/logo/remove")
    assert "/brand/logo-" not in browser.get("/").text


def test_only_admins_look_after_it(browser, make, monkeypatch):
    monkeypatch.setattr("forum.branding.forms.remake", lambda data: pytest.fail("a stranger's picture was unpacked"))
    for person in (None, make.account(), make.moderator(), make.staff(tier=3)):
        if person:
            browser.sign_in(person)
            assert browser.get("/admin/branding").status_code == 403
            assert browser.post("/admin/branding", BLUE).status_code == 403
            assert upload(browser, picture()).status_code == 403
            assert browser.post("/admin/branding/logo/remove").status_code == 403
        else:
            assert "/login" in str(upload(browser, picture()).url)
    browser.sign_out()
    assert titles(browser.get("/")) == ["Porchlight"]


def test_each_change_stands_in_the_log_and_no_change_does_not(browser, admin, database):
    browser.sign_in(admin)
    for _ in range(2):
        browser.post("/admin/branding", BLUE)
        upload(browser, picture())
    browser.post("/admin/branding", BLUE | {"name": "Another"})

    with database.reading() as session:
        rows = session.execute(
            text("SELECT facts FROM audit_entries WHERE action = 'BrandingChanged' ORDER BY id")
        ).all()
    said = [str(row.facts) for row in rows]
    assert len(said) == 3
    assert "name" in said[0]
    assert "colours" in said[0]
    assert "logo" in said[1]
    assert "colours" not in said[2]
    assert "Name or looks of the site changed" in browser.get("/moderation/log").text


def test_a_name_is_a_line_of_text_and_nothing_else(browser, admin):
    browser.sign_in(admin)
    browser.post("/admin/branding", {"name": " <b>Bold</b>\u0000 & co "})
    page = browser.get("/").text

    assert "<b>Bold</b>" not in page
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert LONGEST_NAME == 60
