"""How rare words are: counted once in a while, for what is rare today is so tomorrow."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from forum.search.engines import engine_of

LOOKED_AT = 30
KEPT, MOST = 600.0, 20_000

_counts: WeakKeyDictionary[Engine, dict[str, tuple[float, int]]] = WeakKeyDictionary()
_usual: WeakKeyDictionary[Engine, tuple[float, frozenset[str]]] = WeakKeyDictionary()
_lock = threading.Lock()


def rare_words(session: Session, found: Sequence[str], limit: int) -> tuple[str, ...]:
    """The rarest of these words that occur at all, as long as they stand in few documents together.

    A query of thirty words is slow, and so is one of a few common ones.
    """
    counts = _count(session, found[:LOOKED_AT])
    rare: list[str] = []
    documents, engine = 0, engine_of(session)
    for count, word in sorted((count, word) for word, count in counts.items() if 0 < count < engine.common)[:limit]:
        documents += count
        if rare and documents > engine.few:
            break
        rare.append(word)
    return tuple(rare)


def _count(session: Session, words: Sequence[str]) -> dict[str, int]:
    bind, moment = session.get_bind(), time.monotonic()
    engine = bind if isinstance(bind, Engine) else bind.engine
    with _lock:
        kept = _counts.setdefault(engine, {})
        counts = {word: kept[word][1] for word in words if word in kept and kept[word][0] > moment}
    unknown = [word for word in words if word not in counts]
    if unknown:
        counted = engine_of(session).count(session, unknown, _known(session, engine, moment))
        with _lock:
            if len(kept) > MOST:
                kept.clear()
            # What is nowhere may be somewhere in a moment, and then nothing else would find it; not so a stop word.
            kept.update((word, (moment + KEPT, count)) for word, count in counted.items() if count)
        counts |= counted
    return counts


def _known(session: Session, engine: Engine, moment: float) -> frozenset[str]:
    until, usual = _usual.get(engine, (0.0, frozenset()))
    if until <= moment:
        usual = engine_of(session).usual(session)
        _usual[engine] = (moment + KEPT, usual)
    return usual
