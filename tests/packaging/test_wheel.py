"""A wheel built from the checkout runs where there is no checkout: templates, styles and migrations travel with it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with a fresh virtual environment, in which the wheel and what it stands on are installed."""
    folder = tmp_path_factory.mktemp("elsewhere")
    _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    venv.create(folder / "venv", symlinks=True)
    site = next((folder / "venv" / "lib").glob("python3*")) / "site-packages"
    wheel = next(folder.glob("*.whl"))
    _run(sys.executable, "-m", "pip", "--python", folder / "venv", "install", "-q", "--no-deps", wheel)
    # The libraries are this environment's own; its editable checkout is not among what a plain path entry brings.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "empty").mkdir()
    return folder


def test_it_migrates_and_serves_a_styled_page(elsewhere: Path) -> None:
    command = elsewhere / "venv" / "bin" / "porchlight"
    _run(command, "migrate", cwd=elsewhere / "empty", env=_environment(elsewhere))

    with _serving(elsewhere) as address:
        page = httpx2.get(f"{address}/")
        styles = re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', page.text)
        replies = [httpx2.get(f"{address}{style}") for style in styles]

    assert page.status_code == 200
    assert styles
    assert [(reply.status_code, reply.headers["content-type"].split(";")[0]) for reply in replies] == [
        (200, "text/css")
    ]


def test_nothing_is_read_from_the_checkout(elsewhere: Path) -> None:
    python = elsewhere / "venv" / "bin" / "python"
    where = (
        "import forum.resources as r; print(*(r.folder(n) for n in ('templates', 'static', 'migrations')), sep='\\n')"
    )
    folders = [Path(line) for line in _run(python, "-c", where, cwd=elsewhere / "empty").split()]

    assert [folder.is_relative_to(elsewhere) and folder.is_dir() for folder in folders] == [True] * 3


def _run(*words: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    command = [str(word) for word in words]
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"failed: {words}"
    return done.stdout


def _environment(folder: Path, **more: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PORCHLIGHT_", "PYTHON"))}
    return clean | {"PORCHLIGHT_VAR": str(folder / "var")} | more


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [str(folder / "venv" / "bin" / "porchlight"), "serve", "--port", str(port), "--no-worker"]
    environment = _environment(folder, PORCHLIGHT_BASE_URL=address)
    with subprocess.Popen(command, cwd=folder / "empty", env=environment) as server:
        try:
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "The server ended before it answered."
        try:
            httpx2.get(f"{address}/healthz")
        except httpx2.TransportError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("The server did not answer in 30 seconds.")
