"""Memory: a process that answers requests does not hold libraries that few requests, or none, need."""

from __future__ import annotations

import json
import subprocess
import sys

SELDOM = {
    "aiosmtpd",
    "alembic",
    "authlib",
    "bs4",
    "cryptography",
    "css_inline",
    "httpx",
    "httpx2",
    "joserfc",
    "markdownify",
    "obstore",
    "PIL",
    "pyotp",
    "segno",
    "typer",
    "webauthn",
}
LOADED = "import json, sys, forum.processes; print(json.dumps(sorted(sys.modules)))"


def test_a_server_starts_without_the_libraries_that_it_seldom_needs():
    printed = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout

    assert sorted(SELDOM & set(json.loads(printed))) == []
