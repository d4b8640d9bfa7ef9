"""Real data for tests, which lies beside the project and is never copied into it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """The path of a data file; skips the calling test where the folder is missing, but fails it in CI."""
    path = FOLDER / name
    if path.exists():
        return path
    line = f"{name} is not in {FOLDER}: this test needs the shared data beside the project"
    if os.environ.get("CI"):
        pytest.fail(line, pytrace=False)
    pytest.skip(line)
