"""The processes that a server starts: `python -m forum web` and `worker`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from forum import logs
from forum.app import build_site, create_app
from forum.jobs import Workshop
from forum.serving import web as web_process
from forum.settings import Settings, SettingsError


def work(known: Settings, lifeline: int | None = None) -> None:
    """Do queued work until told to stop, or until the other end of the pipe `lifeline` is gone."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if lifeline is not None:
        threading.Thread(target=_follow, args=(lifeline, stop), daemon=True).start()
    site = build_site(known)
    Workshop(site.database, site.jobs).run(stop)
    site.database.dispose()
    web_process.leave()


def answer(known: Settings, listener: int, lifeline: int, ready: int) -> None:
    """Answer requests on the inherited socket `listener`; `forum.serving.web.serve` says what the pipes are for."""
    site = build_site(known)
    web_process.serve(create_app(site), site.closing, listener=listener, lifeline=lifeline, ready=ready)
    site.database.dispose()
    web_process.leave()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m forum")
    parser.add_argument("process", choices=["web", "worker"])
    for descriptor in ("listener", "lifeline", "ready"):
        parser.add_argument(f"--{descriptor}", type=int)
    given = parser.parse_args()
    try:
        known = Settings.from_env()
    except SettingsError as error:
        sys.exit(f"porchlight: {error}")
    logs.configure(known.log_format)
    if given.process == "web":
        answer(known, given.listener, given.lifeline, given.ready)
    else:
        work(known, given.lifeline)


def _follow(lifeline: int, stop: threading.Event) -> None:
    """Stop when the server is gone, even when it was killed and could not say so."""
    os.read(lifeline, 1)
    stop.set()
