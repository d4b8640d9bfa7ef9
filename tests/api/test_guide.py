"""The story that docs/api.md tells with curl, run as it stands there against the served application."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.races.conftest import _free_port, _wait

ROOT = Path(__file__).resolve().parents[2]
ENDS = """
Sync stops at forty percent
{"value":1,"score":1}
True
open
internal
solved
solved
pending
decided
decided
appealed
"""


@pytest.fixture
def environ(settings, tmp_path) -> dict[str, str]:
    """With `porchlight` on the path, as an installed one is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_VAR": str(settings.var),
        "PORCHLIGHT_SECRET": SECRET,
    }


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_guide_tells_what_happens(make, environ, tmp_path):
    make.account("ana", reputation=50)
    make.account("jonas")
    make.staff("theo")
    make.moderator("mira")
    make.tag("sync")
    [story] = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), flags=re.DOTALL)
    port = _free_port()
    log = (tmp_path / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "forum", "serve", "--no-worker", "--port", str(port)],
        env=environ,
        stdout=log,
        stderr=log,
    )
    try:
        _wait(port, patience=120)
        told = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", story],
            env=environ | {"API": f"http://127.0.0.1:{port}/api/v1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    finally:
        server.terminate()
        server.wait(timeout=20)
    assert told.returncode == 0, told.stdout + told.stderr
    lines = [line for line in re.sub(r"}(?!$)", "}\n", told.stdout, flags=re.MULTILINE).splitlines() if line]
    assert [line for line in lines if not line.startswith("http")] == ENDS.strip().splitlines()
