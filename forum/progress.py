"""How far long work has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

PAUSE = 5.0


@contextmanager
def progress(words: str, total: int, *, of_bytes: bool = False) -> Iterator[Callable[[int], None]]:
    """Show the progress of `total` steps; what it yields is called with the number of steps just done."""
    if not sys.stderr.isatty():
        yield _lines(words, total, of_bytes)
        return
    figures = (DownloadColumn(), TransferSpeedColumn()) if of_bytes else (MofNCompleteColumn(),)
    columns = (TextColumn("{task.description}"), BarColumn(), *figures, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda count: bar.advance(task, count)


def _lines(words: str, total: int, of_bytes: bool) -> Callable[[int], None]:
    done, began = 0, time.monotonic()
    said = began

    def advance(count: int) -> None:
        nonlocal done, said
        done += count
        if time.monotonic() - said >= PAUSE:
            said = time.monotonic()
            rate = done / (said - began)
            figures = f"{done / total:.0%}, {rate / 1000:,.0f} kB/s" if of_bytes else f"{done} of {total}"
            left = f"about {max(0, total - done) / rate:,.0f} s left"
            print(f"{words}: {figures}, {left}", file=sys.stderr, flush=True)  # noqa: T201 - this is what it is for

    return advance
