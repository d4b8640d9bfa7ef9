"""`make serve` in a checkout that is set up: the first run fills in the demonstration, the second keeps it."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

from tests.packaging.serving import environment, free_port, serving

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging


def test_a_second_run_serves_the_threads_of_the_first_and_no_more(tmp_path: Path) -> None:
    first = _threads(tmp_path)
    second = _threads(tmp_path)

    assert first
    assert second == first


def _threads(var: Path) -> list[str]:
    port = free_port()
    with serving(["make", "serve", f"PORT={port}"], port, ROOT, environment(var)) as address:
        page = httpx2.get(f"{address}/threads").raise_for_status().text
    return [
        link for article in page.split("<article")[1:] for link in re.findall(r'href="(/threads/[^"]+)"', article)[:1]
    ]
