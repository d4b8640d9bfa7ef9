"""A server started as a person starts it, asked over HTTP, and stopped as Ctrl-C stops it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def environment(var: Path, **more: str) -> dict[str, str]:
    """This environment without its own settings, and with a folder for what is made while running."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PORCHLIGHT_", "PYTHON", "MAKE"))}
    return clean | {"PORCHLIGHT_VAR": str(var)} | more


@contextmanager
def serving(
    words: list[str | Path], port: int, cwd: Path, env: dict[str, str], log: Path | None = None
) -> Iterator[str]:
    """Run a command that serves, until it answers; yield its address; stop it with all its children.

    What it says goes to `log`, or where this process's own words go.
    """
    address = f"http://127.0.0.1:{port}"
    command = [str(word) for word in words]
    with ExitStack() as stack:
        said = stack.enter_context(log.open("wb")) if log else None
        server = stack.enter_context(
            subprocess.Popen(command, cwd=cwd, env=env, start_new_session=True, stdout=said, stderr=said)
        )
        try:
            _wait_for(f"{address}/healthz", server)
            yield address
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes], patience: float = 120) -> None:
    began = time.monotonic()
    while time.monotonic() - began < patience:
        assert server.poll() is None, "The server ended before it answered."
        try:
            httpx2.get(address)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"The server did not answer in {patience} seconds.")
