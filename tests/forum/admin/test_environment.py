"""The settings of the environment: described in one place, shown without what is secret."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from forum.admin.environment import VARIABLES, environment, without_password
from forum.settings import KNOWN, Settings

ROOT = Path(__file__).parents[3]


def documented():
    """The variables in the table of settings of docs/operate.md, with what stands there as their default."""
    text = (ROOT / "docs" / "operate.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([A-Z_]+)` \|.*\| (.*?) \|$", text, re.MULTILINE))


def test_every_setting_is_described_once():
    names = [one.name for one in VARIABLES]

    assert sorted(names) == sorted(KNOWN)
    assert len(set(names)) == len(names)
    for one in VARIABLES:
        assert str(one.words).endswith("."), one.name


def test_the_guide_names_the_same_settings_in_the_same_order():
    assert list(documented()) == [one.name for one in VARIABLES]


def test_a_default_that_is_a_value_is_the_same_in_the_guide_and_in_the_program(tmp_path):
    bare = Settings.from_env({"PORCHLIGHT_VAR": str(tmp_path)})
    told = documented()
    for one in VARIABLES:
        if type(one.default) is str and one.name != "VAR":  # words are of another kind
            assert one.now(bare) == one.default, one.name
            assert f"`{one.default}`" in told[one.name], one.name


def test_no_secret_reaches_the_page(browser, make, monkeypatch):
    secrets = {
        "secret": "signed-with-this-0123456789abcdef0",
        "metrics_token": "metrics-are-behind-this",
        "database_url": "postgresql+psycopg://porch:db-pass@db/porchlight?sslmode=require&sslpassword=key-pass",
        "read_database_url": "postgresql+psycopg://porch:replica-pass@replica/porchlight",
        "redis_url": "redis://:redis-pass@cache:6379/0",
        "smtp_url": "smtps://post:smtp/p@ss@mail.example.com:465",
    }
    browser.sign_in(make.admin())
    settings = replace(browser.site.settings, **secrets)
    rows = {one.name: one for one in environment(settings, {"PORCHLIGHT_SECRET": "x", "PORCHLIGHT_DEMO": " "})}
    text = " ".join(one.now for one in rows.values())

    for hidden in ("0123456789", "metrics-are", "db-pass", "key-pass", "replica-pass", "redis-pass", "smtp/p", "p@ss"):
        assert hidden not in text
    assert rows["PORCHLIGHT_SECRET"].now == rows["PORCHLIGHT_METRICS_TOKEN"].now == "set"
    assert rows["PORCHLIGHT_SMTP_URL"].now == "smtps://post:***@mail.example.com:465"
    assert (rows["PORCHLIGHT_SECRET"].given, rows["PORCHLIGHT_DEMO"].given) == (True, False)
    page = browser.get("/admin").text
    assert browser.site.settings.secret not in page
    assert "PORCHLIGHT_METRICS_TOKEN" in page.replace("<wbr>", "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////var/porchlight.sqlite3", "sqlite:////var/porchlight.sqlite3"),
        ("postgresql://db/porchlight", "postgresql://db/porchlight"),
        ("postgresql://ana@db/porchlight", "postgresql://ana@db/porchlight"),
        ("postgresql://ana:pw@db:5432/porchlight", "postgresql://ana:***@db:5432/porchlight"),
        ("postgresql://ana:p@w/q?r#s@db/porchlight", "postgresql://ana:***@db/porchlight"),
        ("postgresql://db/porchlight?user=ana&password=pw", "postgresql://db/porchlight?user=***&password=***"),
        ("s3://bucket/files?endpoint=http://s3&region=eu", "s3://bucket/files?endpoint=http://s3&region=eu"),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    assert without_password(url) == shown
