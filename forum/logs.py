"""Structured logs: lines for people on a terminal, JSON for machines."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

import structlog

_machine = False
current_request: ContextVar[str] = ContextVar("current_request", default="")
"""The id of the request that is being answered: every line logged meanwhile carries it."""


def configure(log_format: str, *, level: int = logging.INFO) -> None:
    global _machine  # noqa: PLW0603 - as structlog's own configuration, one a process
    machine = _machine = log_format == "json"
    # The default traceback prints local variables, passwords among them.
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info, structlog.processors.JSONRenderer()] if machine else [console]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),  # as it is now, not as it was at the start,
    )


def _with_request(_logger: Any, _method: str, told: Any) -> Any:
    if request_id := current_request.get():
        told["request_id"] = request_id
    return told


def request_line(request_id: str, method: str, path: str, status: int, milliseconds: float) -> None:
    """The one line of each request, in the form of all others; their way would take longer than a kept page does."""
    at, ms = datetime.now(UTC).isoformat().replace("+00:00", "Z"), round(milliseconds, 1)
    if _machine:
        what = f'"method": {quoted(method)}, "path": {quoted(path)}, "status": {status}, "ms": {ms}'
        line = f'{{"request_id": "{request_id}", {what}, "event": "request", "level": "info", "timestamp": "{at}"}}\n'
    else:
        path = path if path.isprintable() and " " not in path else repr(path)
        words = f"method={method} ms={ms} path={path} request_id={request_id} status={status}"
        line = f"{at} [info     ] {'request':<30} {words}\n"
    sys.stderr.write(line)
