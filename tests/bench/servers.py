"""The two servers that are compared, started as a person starts them, and what their processes take."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import SECRET
from tests.packaging.serving import environment, free_port, serving

ROOT = Path(__file__).resolve().parents[2]
BARE = """
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

async def reply(request):
    return HTMLResponse(b"x" * request.path_params["size"])

app = Starlette(routes=[Route("/{size:int}", reply, methods=["GET", "POST"])])
"""


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Memory:
    """One process, in MB: what it holds now with its share of what is shared, and the most it ever held."""

    what: str
    pss: float
    peak: float


@contextmanager
def porchlight(url: str, var: Path, workers: int, port: int | None = None) -> Iterator[Server]:
    """`porchlight serve` as in production, behind a proxy on this machine that names each client's address."""
    port = port or free_port()
    env = environment(
        var,
        PORCHLIGHT_DATABASE_URL=url,
        PORCHLIGHT_SECRET=SECRET,
        PORCHLIGHT_BASE_URL=f"http://127.0.0.1:{port}",
        PORCHLIGHT_TRUSTED_PROXIES="127.0.0.1",
        PORCHLIGHT_LOG_FORMAT="json",
    )
    words: list[str | Path] = [sys.executable, "-m", "forum", "serve", "--port", str(port), "--workers", str(workers)]
    with serving(words, port, ROOT, env, var / "server.log"):
        yield Server(port, _leader(port))


@contextmanager
def bare(folder: Path, workers: int, port: int | None = None) -> Iterator[Server]:
    """A Starlette application that does nothing but reply, on the same server."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bare.py").write_text(BARE)
    words: list[str | Path] = [Path(sys.executable).with_name("granian"), "--interface", "asgi", "--no-ws"]
    words += ["--port", str(port), "--workers", str(workers), "bare:app"]
    with serving(words, port, folder, environment(folder), folder / "bare.log"):
        yield Server(port, _leader(port))


def memory(server: Server) -> list[Memory]:
    """What each process of a server takes: the one that was started, and those that it started."""
    return [_memory(pid) for pid in _family(server.pid)]


def cpu_of(server: Server) -> float:
    """Seconds of processor time that a server and its processes have taken so far."""
    return sum(_ticks(pid) for pid in _family(server.pid)) / 100


def _leader(port: int) -> int:
    """The process that was started with `--port`."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and f"--port\0{port}\0" in _text(folder / "cmdline"):
            return int(folder.name)
    raise LookupError(f"no process listens on {port}")


def _family(pid: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (stat := _text(folder / "stat")):
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += sorted(child for child, parent in parents.items() if parent == one)
    return found


def _memory(pid: int) -> Memory:
    words = _text(Path(f"/proc/{pid}/cmdline")).split("\0")
    status, rollup = _fields(f"/proc/{pid}/status"), _fields(f"/proc/{pid}/smaps_rollup")
    what = "job worker" if "worker" in words else "main" if "serve" in words else "web"
    return Memory(what, rollup.get("Pss", 0) / 1024, status.get("VmHWM", 0) / 1024)


def _fields(file: str) -> dict[str, int]:
    lines = (line.split() for line in _text(Path(file)).splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 2 and words[2] == "kB"}


def _ticks(pid: int) -> int:
    stat = _text(Path(f"/proc/{pid}/stat"))
    return sum(int(word) for word in stat.rpartition(")")[2].split()[11:13]) if stat else 0


def _text(file: Path) -> str:
    """A file of a process, which may be gone by now."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
