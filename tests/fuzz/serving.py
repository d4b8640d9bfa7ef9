"""The real application, served as it is, with nobody's rate limited: a fuzzer asks more often than anybody may."""

from __future__ import annotations

import sys

from granian.constants import Interfaces
from granian.server import Server
from starlette.applications import Starlette

from forum import logs
from forum.app import build_site, create_app
from forum.settings import Settings


def application() -> Starlette:
    logs.configure("json")
    return create_app(build_site(Settings.from_env(), rate_limits=False, durable=False))


if __name__ == "__main__":
    Server(
        "tests.fuzz.serving:application",
        factory=True,
        interface=Interfaces.ASGI,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        log_access=False,
    ).serve()
