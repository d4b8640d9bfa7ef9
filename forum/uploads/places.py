"""What the limits of files add to the overview of settings."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, lists
from forum.i18n import gettext as _
from forum.slots import Slots
from forum.uploads.admin_views import GROUPS, NOTES, NUMBERS
from forum.uploads.limits import OPTION, Limits, limits_of

PATH = "/admin/storage#limits-heading"


def register(slots: Slots) -> None:
    lists(slots, settings)


def settings(session: Session) -> Iterator[Setting]:
    usual, limits = Limits(), limits_of(session)
    for name, note in NOTES.items():
        default, now = (str(getattr(one, name)) for one in (usual, limits))
        yield Setting(str(NUMBERS[name]), str(note), default, now, PATH, Area.FILES, (OPTION,))
    for title, note, names in GROUPS[1:]:
        quota = _("What one account may bring in a day, and keep in all: {title}").format(title=title)
        default, now = (_quota(*(getattr(one, name) for name in names)) for one in (usual, limits))
        yield Setting(quota, str(note), default, now, PATH, Area.FILES, (OPTION,))
    yield Setting(
        _("Endings of other files"),
        _("Images are always taken; what else is, these endings say."),
        " ".join(usual.extensions),
        " ".join(limits.extensions),
        PATH,
        Area.FILES,
        (OPTION,),
    )


def _quota(files: int, mb: int, total_mb: int) -> str:
    return _("{files} files and {mb} MB a day, {total} MB in all").format(files=files, mb=mb, total=total_mb)
