"""What the bodies of the API have in common. Shapes say what is sent; limits and meaning lie in the acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.markup import Cooked, Uncookable, cook
from forum.web.routing import LARGEST_ID

T = TypeVar("T")
MOST_TEXT = 100_000
"""More characters than any act takes; what fits here may still be refused there, with words."""

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
After = Annotated[
    str | None, Query(max_length=200, description="The `next` of the page before; without it, the first page.")
]
Line = Annotated[str, Field(max_length=1000)]
Text = Annotated[str, Field(max_length=MOST_TEXT)]


class Given(BaseModel):
    """A body. `prepare` does what is slow and needs no database, before the transaction begins."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, given: Any) -> Any:
        """PostgreSQL keeps no NUL in a text, and nobody types one."""
        try:
            return _cleaned(given)
        except RecursionError as error:
            raise ValueError(_("This is nested too deeply.")) from error

    def prepare(self) -> None:
        """May raise `Invalid`."""


class Written(Given):
    """A body with a text in Markdown; `cooked` is what became of it."""

    body: Text = Field(description="Markdown.", examples=["It **stops** at 40 %, whatever I do."])
    _cooked: Cooked | None = PrivateAttr(default=None)

    @property
    def cooked(self) -> Cooked:
        assert self._cooked is not None, "prepared before"
        return self._cooked

    def prepare(self) -> None:
        self._cooked = cooked_field("body", self.body)


class Shown(BaseModel):
    """A part of a reply."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Listed(Shown, Generic[T]):
    """A page of a list; `next` is the `after` of the following one, null on the last."""

    items: list[T]
    next: str | None


class Author(Shown):
    """Who wrote something, as everybody may know them."""

    handle: str
    reputation: int


class FieldError(Shown):
    """What is wrong with one field: `pointer` finds it in the body that was sent."""

    field: str
    detail: str
    pointer: str


class Problem(Shown):
    """A refusal, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] | None = None


def author(person: Any) -> Author | None:
    """Anybody with a handle and a reputation; nobody, where an account was erased."""
    return None if person is None else Author(handle=person.handle, reputation=person.reputation)


def cooked_field(name: str, source: str) -> Cooked:
    """
    Raises:
        Invalid: it is too long, too deep or too large.
    """
    try:
        return cook(source)
    except Uncookable as refusal:
        raise Invalid({name: refusal.message}) from refusal


def known_cursor(after: str | None, fits: Callable[[str], Any]) -> str | None:
    """A cursor that this list has given out, or one that could be.

    Raises:
        Invalid: it is none; a page would begin at the start, which a program would never notice.
    """
    if after is not None and not fits(after):
        raise Invalid({"after": _("This is no cursor of this list. Send the “next” of the page before.")})
    return after


def number_cursor(after: str | None) -> int | None:
    """The same for a list whose cursors are numbers."""
    known = known_cursor(after, lambda text: re.fullmatch(r"[0-9]{1,18}", text))
    return None if known is None else int(known)


def _cleaned(given: Any) -> Any:
    if isinstance(given, str):
        return given.replace("\0", "")
    if isinstance(given, list):
        return [_cleaned(one) for one in given]
    if isinstance(given, dict):
        return {name: _cleaned(one) for name, one in given.items()}
    return given
