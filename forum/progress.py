"""How far long work has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PAUSE = 5.0


@contextmanager
def progress(words: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show the progress of `total` steps; what it yields is called with the number of steps just done."""
    if not sys.stderr.isatty():
        yield _lines(words, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda count: bar.advance(task, count)


def _lines(words: str, total: int) -> Callable[[int], None]:
    done, said = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, said
        done += count
        if time.monotonic() - said >= PAUSE:
            said = time.monotonic()
            print(f"{words}: {done} of {total}", file=sys.stderr, flush=True)  # noqa: T201 - this is what it is for

    return advance
