"""A word through Redis after each commit, so that processes that only look now and then look at once.

What moved is read from the database all the same: a word that is lost, or a Redis that is dead or does not answer,
costs nothing but time until the next look.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from redis import Redis

log = structlog.get_logger()
TIMEOUT = 1.0
GATHER = 0.02
LONGEST_PAUSE = 15.0
LISTEN = 1.0


class RedisWakes:
    """`publish` says that something was committed, `listen` calls back when another process said so.

    Both only ever touch Redis in threads of their own: the one that writes waits for neither.
    """

    def __init__(self, url: str, *, prefix: str = "porchlight") -> None:
        self._url = url
        self._channel = f"{prefix}:changes"
        self._self = uuid.uuid4().hex
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._start = threading.Lock()
        self._publisher: threading.Thread | None = None
        self._subscriber: threading.Thread | None = None

    def publish(self) -> None:
        """Say so soon; many commits at once make one word."""
        self._due.set()
        if self._publisher is None:
            with self._start:
                if self._publisher is None and not self._stopped.is_set():
                    self._publisher = _thread("redis-publish", lambda: self._again_and_again(self._say))

    def listen(self, wake: Callable[[], None]) -> None:
        """Start to call back, from a thread of its own, until `stop`."""
        self._stopped.clear()
        self._subscriber = _thread("redis-listen", lambda: self._again_and_again(lambda: self._hear(wake)))

    def stop(self) -> None:
        """Say and hear nothing more. Nobody waits for the threads: what they still do wakes nobody."""
        self._stopped.set()
        self._due.set()
        self._subscriber = self._publisher = None

    def _say(self) -> None:
        with _client(self._url) as redis:
            while self._due.wait() and not self._stopped.is_set():
                self._due.clear()
                redis.publish(self._channel, self._self)
                self._stopped.wait(GATHER)

    def _hear(self, wake: Callable[[], None]) -> None:
        with _client(self._url) as redis, redis.pubsub(ignore_subscribe_messages=True) as words:
            words.subscribe(self._channel)
            wake()  # for what was said while nobody listened
            while not self._stopped.is_set():
                word = words.get_message(timeout=LISTEN)
                if word is not None and not self._stopped.is_set() and word["data"] != self._self.encode():
                    wake()

    def _again_and_again(self, work: Callable[[], None]) -> None:
        pause = TIMEOUT
        while not self._stopped.is_set():
            try:
                work()
                return
            except Exception as error:  # whatever Redis's client raises
                if pause == TIMEOUT:
                    log.warning("Redis does not pass changes on; processes look for themselves", error=str(error))
                self._stopped.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _client(url: str) -> Redis:
    from redis import Redis  # noqa: PLC0415 - an optional dependency
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )
