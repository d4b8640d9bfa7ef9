"""Mail that came in, when two accounts become one."""

from __future__ import annotations

from forum.i18n import lazy
from forum.mailin.models import InboundMail, MailedReply
from forum.merging import Joins

JOINS = Joins(
    name="mailin",
    moves={InboundMail.account_id: "", MailedReply.account_id: lazy("replies by mail")},
)
