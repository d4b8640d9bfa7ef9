"""Which domains of mail can stand for one organisation: never one under which anybody gets an address."""

from __future__ import annotations

from pathlib import Path

from forum.accounts.names import clean_email
from forum.errors import Invalid
from forum.i18n import gettext as _

ANYBODYS = frozenset(
    line
    for line in (Path(__file__).with_name("anybodys.txt")).read_text("utf-8").splitlines()
    if not line.startswith("#")
)
"""Where anybody gets an address, or a name to have addresses under."""
SECOND_LEVEL = frozenset(
    [
        "ac",
        "co",
        "com",
        "edu",
        "go",
        "gob",
        "gouv",
        "gov",
        "gv",
        "id",
        "info",
        "ltd",
        "me",
        "mil",
        "muni",
        "ne",
        "net",
        "nhs",
        "nom",
        "or",
        "org",
        "plc",
        "police",
        "sch",
    ]
)
"""With a country after it, such a word is no name of its own: co.uk, com.au, or.jp."""
LONGEST = 253


def clean_domain(text: str) -> str:
    """A domain in the form in which the addresses under it are kept, however somebody types it.

    Raises:
        Invalid: it is none, or anybody could have an address of it.
    """
    typed = text.strip().lower().removeprefix("@").rstrip(".")
    try:
        domain = clean_email(f"postmaster@{typed}").rpartition("@")[2]
    except Invalid:
        domain = ""
    if not domain or "@" in typed or "." not in domain or len(domain) > LONGEST or domain.startswith("["):
        words = _("“{domain}” is no domain. Write it as in example.com.")
        raise Invalid({"domains": words.format(domain=text.strip()[:80])})
    if domain in ANYBODYS:
        words = _("Anybody can have an address at {domain}, so it says nothing about who somebody works for.")
        raise Invalid({"domains": words.format(domain=domain)})
    if is_suffix(domain):
        words = _("{domain} is a part that many domains end in. Give the organisation's own.")
        raise Invalid({"domains": words.format(domain=domain)})
    return domain


def is_suffix(domain: str) -> bool:
    """Whether names are registered under it by people who have nothing to do with each other."""
    first, _dot, last = domain.partition(".")
    return not last or (first in SECOND_LEVEL and len(last) == 2)


def domain_of(email: str | None) -> str | None:
    """What stands after the @ of an address as it is kept."""
    return email.rpartition("@")[2] if email else None
