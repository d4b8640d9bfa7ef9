"""Delivery status notifications as mail servers send them back: RFC 3464, and 6533 for addresses beyond ASCII."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr

MOST_REPORTS = 100
FAILED = frozenset({"failed", "failure", "error"})
"""The first is the standard's word, the others are what some servers say instead."""
STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
RETURNED_PARTS = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
FIELD = re.compile(r"^Message-ID:[ \t]*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one message for one recipient; `status` is an enhanced code such as "5.1.1", or ""."""

    address: str
    action: str
    status: str
    said: str
    message_id: str | None

    @property
    def failed_for_good(self) -> bool:
        return self.action in FAILED and not self.status.startswith("4")


def parse_dsn(raw: bytes) -> list[Report]:
    """What a notification reports, one for each recipient; [] for mail that is none."""
    # Not the strict policy: what comes back was written by many hands, and a header it cannot read must not stop it.
    message = message_from_bytes(raw, policy=policy.compat32)
    parts = list(message.walk())
    returned = next((found for part in parts if (found := _returned_id(part)) is not None), None)
    status = next((part for part in parts if part.get_content_type() in STATUS_PARTS), None)
    if status is None:
        return []
    reports = [_report(block, returned) for block in _blocks(status)]
    return [report for report in reports if report is not None][:MOST_REPORTS]


def _blocks(status: Message) -> Iterator[Message]:
    """The groups of fields, of which the first is about the message and each other one about a recipient."""
    payload = status.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))


def _report(block: Message, message_id: str | None) -> Report | None:
    action = _text(block, "Action").lower()
    address = _address(_text(block, "Original-Recipient")) or _address(_text(block, "Final-Recipient"))
    if not action or not address:
        return None
    status = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", _text(block, "Status"))
    code = status[0] if status else ""
    said = " ".join(f"{code} {_text(block, 'Diagnostic-Code')}".split())
    return Report(address, action.split()[0], code, said[:500], message_id)


def _address(field: str) -> str:
    """The address out of `rfc822; ana@example.org`, or ""."""
    _kind, _, given = field.rpartition(";")
    found = parseaddr(given.strip().strip("<>"))[1].lower()
    return found if "@" in found and len(found) <= 254 else ""


def _text(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _returned_id(part: Message) -> str | None:
    """The Message-ID of what was returned, whole or only its headers."""
    if part.get_content_type() not in RETURNED_PARTS:
        return None
    payload = part.get_payload()
    if isinstance(payload, list):
        text = str(payload[0].get("Message-ID", "")) if payload and isinstance(payload[0], Message) else ""
        return text.strip() or None
    found = FIELD.search(str(payload))
    return found[1] if found else None
