"""The listening sockets, which outlive each process that answers on them."""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

BACKLOG = 1024
ATTACH_REUSEPORT_CBPF = 51  # SO_ATTACH_REUSEPORT_CBPF, for which Python has no name
SHARES = sys.platform == "linux"  # elsewhere the port's last socket gets every client
PATIENCE = 5.0  # for processes of a server that was killed, which let go of the port as soon as they notice


class Taken(Exception):
    """The address cannot be listened on; its text is one line that says why."""


def listen(host: str, port: int, path: Path | None = None, *, processes: int = 1) -> Sequence[socket.socket]:
    """Listen on a TCP address, or on a unix socket at `path`: a socket for each process, which may be the same for all.

    On Linux the processes share a port, not a socket: the kernel then shares clients out, where otherwise
    the process that wakes first takes all who come at once.

    Raises:
        Taken: somebody else listens there, or it is no address of this machine.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if path:
                return [_unix(path)] * processes
            return _shares(host, port, processes) if processes > 1 and SHARES else [_tcp(host, port)] * processes
        except OSError as error:
            if time.monotonic() > deadline or isinstance(error, socket.gaierror):
                raise Taken(f"cannot listen on {path or f'{host}:{port}'}: {error.strerror}.") from error
        time.sleep(0.1)


def words(listener: socket.socket) -> str:
    """Where a socket listens, as a person would type it."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{name}"
    host, port = name[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def stop_listening(listener: socket.socket) -> None:
    """Accept nothing more in this process; what waits to be accepted is left to the others.

    The server that polls this descriptor cannot be told so: it gets a socket to which
    nobody connects in the same place.
    """
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind("")  # an address of its own in the kernel's abstract names
        nobody.listen(1)
        nobody.setblocking(False)
        os.dup2(nobody.fileno(), listener.fileno(), inheritable=False)


def steer(listeners: Sequence[socket.socket], places: Sequence[int]) -> None:
    """Have the kernel give new clients to the sockets at these places alone; who waits at another one waits on.

    A kernel that does not take the program goes on sharing them out among all.
    """
    load_random = (0x20, 0, 0, 0xFFFFF038)  # as linux/filter.h has it: BPF_LD | BPF_W | BPF_ABS, SKF_AD_RANDOM
    code = [load_random, (0x94, 0, 0, len(places))]  # BPF_ALU | BPF_MOD
    for number, place in enumerate(places):
        code += [(0x15, 0, 1, number), (0x06, 0, 0, place)]  # BPF_JMP | BPF_JEQ, BPF_RET
    code.append((0x06, 0, 0, places[0]))
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
    with suppress(OSError):
        told = struct.pack("HP", len(code), ctypes.addressof(program))
        listeners[0].setsockopt(socket.SOL_SOCKET, ATTACH_REUSEPORT_CBPF, told)


def _shares(host: str, port: int, count: int) -> list[socket.socket]:
    with _bound(host, port) as alone:  # nobody else's, who might share it, too
        port = alone.getsockname()[1]
    shares: list[socket.socket] = []
    try:
        for _ in range(count):
            shares.append(_bound(host, port, shared=True))
        for share in shares:
            share.listen(BACKLOG)
    except OSError:
        for share in shares:
            share.close()
        raise
    return shares


def _tcp(host: str, port: int) -> socket.socket:
    listener = _bound(host, port)
    try:
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o666)  # as open as a TCP port of this machine; the folder decides who gets here
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
