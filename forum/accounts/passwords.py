"""Passwords: how strong they must be, and the slow work of hashing and checking them.

Hashing takes a good part of a tenth of a second on purpose, so it is done while a form
is prepared and never under the write lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from passlib.context import CryptContext

from forum.errors import Invalid
from forum.i18n import gettext as _

SHORTEST = 10
LONGEST = 256
COST = {"memory_cost": 47104, "time_cost": 1, "parallelism": 1}
"""What one hash takes, in KiB of memory and rounds; hashes made at another cost are renewed at the next sign-in."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password fits, and its new hash when the old one was made at another cost."""

    fits: bool
    renewed: str | None = None


@cache
def context() -> CryptContext:
    cost = {f"argon2__{name}": value for name, value in COST.items()}
    return CryptContext.from_string("[passlib]\nschemes = argon2\nargon2__type = ID").copy(**cost)


def hash_password(password: str) -> str:
    return str(context().hash(password))


def check_password(password: str, known: str | None) -> Checked:
    """Compare with a stored hash; without one, do the same work and say no."""
    if len(password) > LONGEST:
        password = ""
    if known is None:
        context().verify(password, _nobodys())
        return Checked(False)
    fits, renewed = context().verify_and_update(password, known)
    return Checked(bool(fits), renewed)


def require_strong(password: str, *, field: str, about: tuple[str, ...] = ()) -> None:
    """Refuse what is too short, too long, or can be guessed from what is `about` the person.

    Raises:
        Invalid: it is, said beside `field`.
    """
    if len(password) < SHORTEST:
        raise Invalid({field: _("Use at least {count} characters.").format(count=SHORTEST)})
    if len(password) > LONGEST:
        raise Invalid({field: _("Use at most {count} characters.").format(count=LONGEST)})
    if len(set(password)) < 4 or password.lower() in {word.lower() for word in about}:
        raise Invalid({field: _("That is too easy to guess. A few unrelated words make a good password.")})


@cache
def _nobodys() -> str:
    return hash_password("nobody has this password")
