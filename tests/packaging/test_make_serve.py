"""`make serve` in a checkout that is set up: the first run fills in the demonstration, the second is quick."""

from __future__ import annotations

import time
from pathlib import Path

import httpx2
import pytest

from tests.packaging.serving import environment, free_port, serving

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging


def test_a_second_run_answers_within_five_seconds_with_the_same_content(tmp_path: Path) -> None:
    first, _seconds = _serve(tmp_path)
    second, seconds = _serve(tmp_path)

    assert first.status_code == second.status_code == 200
    assert first.text.count("<article") == second.text.count("<article") > 0
    assert seconds < 5


def _serve(var: Path) -> tuple[httpx2.Response, float]:
    port, began = free_port(), time.monotonic()
    with serving(["make", "serve", f"PORT={port}"], port, ROOT, environment(var)) as address:
        page = httpx2.get(f"{address}/threads")
        return page, time.monotonic() - began
