"""The samples under deploy/: systemd finds nothing wrong with them, and they name what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(file.name for file in DEPLOY.glob("porchlight*.*"))
ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(tmp_path, name):
    for file in UNITS:
        said = (DEPLOY / file).read_text().replace("/opt/porchlight/bin/porchlight", sys.executable)
        (tmp_path / file).write_text(said)
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not here")
@pytest.mark.parametrize("name", ["porchlight.service", "porchlight-mail-in.service"])
def test_the_service_is_well_shut_in(name):
    done = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--threshold=20", str(DEPLOY / name)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-300:]


def test_the_container_runs_as_nobody_in_particular_and_tells_of_its_health():
    said = (DEPLOY / "Containerfile").read_text()
    last = said.rsplit("\nFROM ", 1)[1]

    assert said.count("\nFROM ") + said.startswith("FROM ") == 2
    assert re.search(r"^USER (?!0|root)\S+", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/healthz" in last
    for named in re.findall(r"requirements/\S+\.lock", said):
        assert (ROOT / named).is_file()
    assert re.search(r"^wheel:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_commands_that_the_samples_use_exist():
    from typer.main import get_command  # noqa: PLC0415

    from forum.cli import main  # noqa: PLC0415

    commands = set(get_command(main).commands)
    used = {found for file in UNITS for found in re.findall(r"bin/porchlight (\S+)", (DEPLOY / file).read_text())}
    assert used == {"serve", "backup", "mail-in"}
    assert used <= commands
