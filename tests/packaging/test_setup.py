"""What somebody sees who runs `make` on a machine that lacks something."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_python_without_venv_is_told_in_one_line_what_to_install(tmp_path: Path) -> None:
    said = _set_up(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac')

    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "sudo apt install python3-venv" in said.stderr
    assert not (tmp_path / ".venv").exists()


def test_an_old_python_is_told_in_one_line_what_is_needed(tmp_path: Path) -> None:
    said = _set_up(tmp_path, "exit 1")

    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "Python 3.11 or newer" in said.stderr


def test_help_names_every_target_that_the_readme_names() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {"serve", "test", "wheel", "check"} <= {line.split()[1] for line in told.splitlines()}


def _set_up(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up script in an empty folder, where the only Python is a script of a few words."""
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        stand_in = folder / "bin" / name
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text(f"#!/bin/sh\n{python}\n")
        stand_in.chmod(0o755)
    script = shutil.copy(ROOT / "scripts" / "venv.sh", folder)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHON"} | {"PATH": str(folder / "bin")}
    return subprocess.run(["/bin/sh", script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
