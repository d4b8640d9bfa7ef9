"""Processes that are killed: a web process, the job worker, the whole server."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator

from tests.drill.places import Cluster, Redis
from tests.drill.scene import Line, Scene
from tests.drill.served import kill, until

BETWEEN = 1.0


def kills(scene: Scene, times: int) -> Iterator[Line]:
    """`kill -9` in a loop, each at some moment of the load."""
    yield scene.during("kill -9 of a web process", times, lambda: _kill_web(scene))
    yield scene.during("kill -9 of the job worker", times, lambda: _kill_worker(scene))
    yield scene.during("kill -9 of the whole server", times, lambda: _kill_all(scene))


def _kill_web(scene: Scene) -> None:
    found = scene.served.web_processes()
    if found:
        kill(random.choice(found))
    time.sleep(BETWEEN / 2)
    until(lambda: (scene.served.keep_up(), scene.served.at_work() >= 2)[1], 60)
    time.sleep(BETWEEN + random.random())


def _kill_worker(scene: Scene) -> None:
    for pid in scene.served.job_workers():
        kill(pid)
    time.sleep(random.random() * 0.3)
    until(lambda: (scene.served.keep_up(), scene.served.job_workers())[1] != [], 15)
    time.sleep(BETWEEN + random.random())


def _kill_all(scene: Scene) -> None:
    scene.served.kill_everything()
    time.sleep(0.2)
    scene.served.start()
    scene.served.until_ready()
    time.sleep(BETWEEN + random.random())


def restarts(scene: Scene, cluster: Cluster, times: int) -> Iterator[Line]:
    """PostgreSQL restarted: politely, and as if its power had gone."""
    for mode in ("fast", "immediate"):

        def restart(mode: str = mode) -> None:
            cluster.control("stop", "-m", mode)
            time.sleep(0.5)
            cluster.control("start")
            time.sleep(2 * BETWEEN)

        yield scene.during(f"PostgreSQL restarted, mode {mode}", times, restart)


def redis_faults(scene: Scene, redis: Redis, times: int) -> Iterator[Line]:
    """Redis stopped, and frozen, which is worse: it takes connections and never answers."""

    def stopped() -> None:
        redis.stop()
        time.sleep(2 * BETWEEN)
        redis.start()
        time.sleep(2 * BETWEEN)

    def frozen() -> None:
        redis.signal(signal.SIGSTOP)
        time.sleep(2 * BETWEEN)
        redis.signal(signal.SIGCONT)
        time.sleep(2 * BETWEEN)

    yield scene.during("Redis stopped", times, stopped)
    yield scene.during("Redis frozen", times, frozen)
