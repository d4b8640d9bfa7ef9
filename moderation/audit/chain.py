"""How entries are chained: what is hashed, and how words are kept out of it."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from forum.events import StaffAction

START = "0" * 64
_KEPT_APART = {"actor_id"}


def canonical(value: Any) -> str:
    """The one way to write a value down, whatever engine it came back from."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def entry_hash(
    previous: str,
    *,
    number: int,
    at: datetime,
    actor_id: int | None,
    action: str,
    facts: dict[str, Any],
    text_digest: str | None,
) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    body = canonical(
        {"id": number, "at": moment, "actor": actor_id, "action": action, "facts": facts, "text": text_digest}
    )
    return hashlib.sha256((previous + body).encode()).hexdigest()


def digest_of(salt: str, texts: dict[str, Any]) -> str:
    """Salted, so that a short text cannot be guessed from its digest once the text and its salt are erased."""
    return hashlib.sha256((salt + canonical(texts)).encode()).hexdigest()


def split(event: StaffAction) -> tuple[dict[str, Any], dict[str, Any]]:
    """An event as facts for the chain (ids, enums, times, truths) and texts that stay outside it.

    A plain string may hold anything, a name included, so it always counts as text.
    """
    facts: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        if field.name in _KEPT_APART or value in ("", None):
            continue
        (facts if _is_fact(value) else texts)[field.name] = _plain(value)
    return facts, texts


def _is_fact(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(_is_fact(one) for one in value)
    return isinstance(value, (enum.Enum, bool, int, datetime)) or value is None


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if value is None or isinstance(value, (bool, int)) else str(value)
