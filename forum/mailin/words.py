"""Why a mail was held, in the words of the page."""

from __future__ import annotations

from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.mailin.proof import OTHER_ADDRESS, UNPROVEN

WHY = {
    OTHER_ADDRESS: lazy("It came from another address than the account's."),
    UNPROVEN: lazy("The mail server does not confirm that it is from the address that it names."),
}


def why_words(why: str) -> str:
    return str(WHY.get(why) or _("It could not be told whom it is from."))
