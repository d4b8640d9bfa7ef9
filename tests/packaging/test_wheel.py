"""A wheel built from the checkout runs where there is no checkout: templates, styles and migrations travel with it."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import httpx2
import pytest

from tests.packaging.serving import environment, free_port, serving

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
    command, port = elsewhere / "venv" / "bin" / "porchlight", free_port()
    env = environment(elsewhere / "var", PORCHLIGHT_BASE_URL=f"http://127.0.0.1:{port}")
    _run(command, "migrate", cwd=elsewhere / "empty", env=env)

    with serving([command, "serve", "--port", str(port)], port, elsewhere / "empty", env) as address:
        page = httpx2.get(f"{address}/", follow_redirects=True)
        styles = re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', page.text)
        replies = [httpx2.get(f"{address}{style}") for style in styles]

    assert page.status_code == 200
    assert styles
    assert [(reply.status_code, reply.headers["content-type"].split(";")[0]) for reply in replies] == [
        (200, "text/css")
    ] * len(styles)


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
