"""How long a page takes, told as a ratio to a bare reply of as many bytes from the same server in the same run.

Nothing here fails for being slow: figures differ between machines, ratios less so. With
`PORCHLIGHT_BENCH=smoke` the numbers are too few to mean anything; they show that it runs.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from forum.threads.models import Thread
from tests.browser.house import House, running_house
from tests.packaging.serving import environment, free_port, serving

pytestmark = pytest.mark.bench
SMOKE = os.environ.get("PORCHLIGHT_BENCH") == "smoke"
ROUNDS, REQUESTS, WARM_UP = (1, 20, 5) if SMOKE else (5, 400, 50)
AT_ONCE = 4
RARELY = 10
"""How often a round asks for a page that has a rate: five rounds must stay under 60 a minute."""
BARE = """
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

async def reply(request):
    return HTMLResponse("x" * request.path_params["size"])

app = Starlette(routes=[Route("/{size:int}", reply)])
"""


@dataclass
class Measured:
    seconds: list[float] = field(default_factory=list)
    took: float = 0.0

    @property
    def a_second(self) -> float:
        return len(self.seconds) / self.took

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("bench"), demo=True) as house:
        yield house


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("bare"), free_port()
    (folder / "bare.py").write_text(BARE)
    words = [Path(sys.executable).with_name("granian"), "--interface", "asgi", "--port", str(port), "bare:app"]
    with serving(words, port, folder, environment(folder), folder / "bare.log") as address:
        yield address


def test_pages_against_a_bare_reply(house: House, bare: str):
    reader = house.make.account()
    cookie = {"Cookie": f"session={house.session_of(reader)}"}
    with house.site.database.reading() as session:
        thread = session.query(Thread).order_by(Thread.answer_count.desc()).first()
        assert thread is not None
        busiest = f"/threads/{thread.id}/{thread.slug}"
    pages = {
        "home": ("/", {}, REQUESTS),
        "list": ("/threads", {}, REQUESTS),
        "thread, signed out": (busiest, {}, REQUESTS),
        "thread, signed in": (busiest, cookie, REQUESTS),
        "search": ("/search?q=sync", cookie, RARELY),
    }

    print(f"\n\n{'page':20}{'bytes':>8}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'bare p50':>10}{'ratio':>8}")
    for name, (path, headers, often) in pages.items():
        size = len(httpx2.get(house.address + path, headers=headers).content)
        page, plain = Measured(), Measured()
        for _ in range(ROUNDS):
            load(f"{house.address}{path}", headers, page, often)
            load(f"{bare}/{size}", {}, plain, often)
        ratio = page.percentile(50) / plain.percentile(50)
        print(
            f"{name:20}{size:8}{page.a_second:10.0f}{page.percentile(50):9.2f}{page.percentile(99):9.2f}"
            f"{plain.percentile(50):10.2f}{ratio:8.1f}"
        )
        assert len(page.seconds) == len(plain.seconds) == ROUNDS * often


def load(address: str, headers: dict[str, str], into: Measured, often: int) -> None:
    asyncio.run(_load(address, headers, into, often))


async def _load(address: str, headers: dict[str, str], into: Measured, often: int) -> None:
    """Fetch an address over a few connections that stay open; the first replies are not counted."""
    async with httpx2.AsyncClient(headers=headers, timeout=30) as client:
        for _ in range(min(WARM_UP, often // RARELY)):
            await client.get(address)
        left = iter(range(often))
        began = time.perf_counter()
        await asyncio.gather(*(_fetch(client, address, left, into) for _ in range(AT_ONCE)))
        into.took += time.perf_counter() - began


async def _fetch(client: httpx2.AsyncClient, address: str, left: Iterator[int], into: Measured) -> None:
    for _ in left:
        began = time.perf_counter()
        reply = await client.get(address)
        into.seconds.append(time.perf_counter() - began)
        assert reply.status_code == 200, reply.text[:300]
