"""A file on its way in: looked at, made harmless, and kept, before any transaction begins."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import UploadFile
from starlette.requests import Request

from forum.access import Actor
from forum.errors import Invalid, TooLarge, Unavailable
from forum.i18n import gettext as _
from forum.storage import Storage
from forum.uploads import actions, names
from forum.uploads.limits import MB, Limits, limits_of
from forum.uploads.models import FileKind
from forum.web.site import Site

ONE_AT_A_TIME = CapacityLimiter(1)
"""Images are decoded one after another: each may take a hundred megabytes while it is."""
AT_THE_STORAGE = CapacityLimiter(4)
IMAGES = frozenset(("png", "jpg", "jpeg", "gif", "webp"))
OTHER = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Ready:
    """A file as it will be kept: an image made anew, anything else byte for byte."""

    name: str
    kind: FileKind
    media_type: str
    data: bytes = field(repr=False)
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose bytes are kept and whose row is yet to be; `kept_at` by a clock that is never set."""

    token: str
    name: str
    kind: FileKind
    media_type: str
    size: int
    width: int | None
    height: int | None
    digest: str
    key: str
    thumbnail_key: str | None
    kept_at: float

    @property
    def url(self) -> str:
        return names.address(self.token, self.name, self.width, self.height)

    @property
    def markdown(self) -> str:
        return names.markdown(self.name, self.url, image=self.kind is FileKind.IMAGE)


async def take_in(request: Request, part: UploadFile, limits: Limits) -> Kept:
    """Keep one file that came with a request.

    Raises:
        TooLarge: it has more bytes than a file may have.
        Invalid: it is of no kind that is taken, or not what it says.
        Unavailable: it cannot be kept now.
    """
    if (part.size or 0) > limits.file_mb * MB:
        raise too_large(limits)
    data = await part.read()
    ready = await to_thread.run_sync(look_at, part.filename or "", data, limits, limiter=ONE_AT_A_TIME)
    return await to_thread.run_sync(keep, request.state.site.storage, ready, limiter=AT_THE_STORAGE)


async def take_in_for_form(request: Request, parts: Sequence[UploadFile]) -> tuple[list[Kept], list[str]]:
    """Keep the files that came with a form, rows and all, and say what was wrong with the others.

    They are kept whatever becomes of the form: they are their uploader's alone until a post shows them. Of somebody
    who is not signed in nothing is kept.
    """
    site: Site = request.state.site
    try:
        known = await to_thread.run_sync(welcome, request, limiter=site.readers)
    except Invalid as refusal:
        return [], [refusal.message]
    if known is None:
        return [], []
    actor, limits = known
    if len(parts) > limits.per_post:
        return [], [
            _("{most} files at once is the most. Add the others in a second step.").format(most=limits.per_post)
        ]
    done, wrong = [], []
    for part in parts:
        try:
            kept = await take_in(request, part, limits)
            await site.write(partial(_add, site, actor, kept))
            done.append(kept)
        except (Invalid, TooLarge, Unavailable) as refusal:
            wrong.append(f"{names.clean_name(part.filename or '')}: {refusal.message}")
    return done, wrong


def _add(site: Site, actor: Actor, kept: Kept) -> None:
    site.database.write(lambda session: actions.add_file(session, actor, kept))


def welcome(request: Request) -> tuple[Actor, Limits] | None:
    """Who brings files, and within which limits; None for somebody who is not signed in.

    Raises:
        Invalid: they have brought as much as they may, so that nothing need be looked at.
    """
    site: Site = request.state.site
    with site.database.reading() as session:
        actor = site.load_actor(session, request)
        if actor is None:
            return None
        limits = limits_of(session)
        actions.check_quota(session, actor, limits)
        return actor, limits


def look_at(name: str, data: bytes, limits: Limits) -> Ready:
    """What a file is by its own bytes, whatever its name says.

    Raises:
        Invalid: as `take_in`.
    """
    from forum.uploads import pictures  # noqa: PLC0415 - it takes Pillow, which most processes never need

    name = names.clean_name(name)
    ending = names.ending_of(name)
    if not data:
        raise Invalid({"files": _("This file is empty.")})
    if pictures.format_of(data) is not None or ending in IMAGES:
        picture = pictures.remake(data, megapixels=limits.megapixels, frames=limits.frames)
        return Ready(
            name=names.with_ending(name, picture.ending),
            kind=FileKind.IMAGE,
            media_type=picture.media_type,
            data=picture.data,
            width=picture.width,
            height=picture.height,
            thumbnail=picture.thumbnail,
        )
    if ending not in limits.extensions:
        words = _("Files of this kind are not taken. Images are, and these: {endings}.")
        raise Invalid({"files": words.format(endings=", ".join(limits.extensions))})
    return Ready(name, FileKind.OTHER, OTHER, data)


def keep(storage: Storage, ready: Ready) -> Kept:
    """Write the bytes under a key that nobody else can have, so that no sweep takes one for another's."""
    digest = hashlib.sha256(ready.data).hexdigest()
    token = secrets.token_urlsafe(16)
    key = f"{digest[:2]}/{digest}-{secrets.token_hex(8)}"
    kept_at = time.monotonic()
    storage.put(key, ready.data)
    thumbnail_key = f"{key}-thumbnail" if ready.thumbnail else None
    if thumbnail_key and ready.thumbnail:
        storage.put(thumbnail_key, ready.thumbnail)
    return Kept(
        token=token,
        name=ready.name,
        kind=ready.kind,
        media_type=ready.media_type,
        size=len(ready.data),
        width=ready.width,
        height=ready.height,
        digest=digest,
        key=key,
        thumbnail_key=thumbnail_key,
        kept_at=kept_at,
    )


def too_large(limits: Limits) -> TooLarge:
    return TooLarge(_("A file can have {most} megabytes at most.").format(most=limits.file_mb))
