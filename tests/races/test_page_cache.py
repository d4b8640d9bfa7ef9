"""Two processes that keep pages, and writers in a third: no reader is ever shown less than was committed before."""

from __future__ import annotations

import http.client
import random
import re
import secrets
import threading
import time
from datetime import timedelta

from sqlalchemy import update

from forum.accounts.models import AccountSession
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.threads.models import Thread

ENOUGH, PATIENCE = 300, 60
WRITERS = 3
READERS = 6


class Editions:
    """Threads whose titles count up; `committed` is what each has said at least, as far as the writers know."""

    def __init__(self, make):
        self.threads = [make.thread(title=f"edition 0 of thread {number}") for number in range(WRITERS)]
        self.committed = [0] * WRITERS
        self.shown = 0
        self.wrong: list[str] = []
        self.stop = threading.Event()

    def write(self, database, number):
        edition = 0
        while not self.stop.is_set():
            edition += 1
            title = f"edition {edition} of thread {number}"
            with database.writing() as session:
                session.execute(update(Thread).where(Thread.id == self.threads[number].id).values(title=title))
            self.committed[number] = edition
            time.sleep(random.random() * 0.3)

    def read(self, ports, cookie):
        connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in ports]
        headers = {"Cookie": f"session={cookie}"} if cookie else {}
        while not self.stop.is_set():
            number, due = random.randrange(WRITERS), tuple(self.committed)
            connection = random.choice(connections)
            whole = random.random() < 0.5
            connection.request("GET", "/threads" if whole else self._path(number), headers=headers)
            reply = connection.getresponse()
            text = reply.read().decode()
            if reply.status == 301:  # a new title has a new address, which is part of what must not be old
                text = reply.headers["location"].replace("-", " ")
            self._compare(text, due if whole else {number: due[number]})
        for connection in connections:
            connection.close()

    def _path(self, number):
        return f"/threads/{self.threads[number].id}/edition-{self.committed[number]}-of-thread-{number}"

    def _compare(self, text, due):
        for number, least in due.items() if isinstance(due, dict) else enumerate(due):
            found = re.search(rf"edition (\d+) of thread {number}", text)
            if found is None or int(found[1]) < least:
                self.wrong.append(f"thread {number}: {found and found[1]} instead of at least {least}")
            self.shown += 1


def hits(port, token):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    text = connection.getresponse().read().decode()
    return float(re.search(r"^porchlight_page_cache_hits_total (\S+)", text, re.MULTILINE)[1])


def signed_in(database, account):
    token = secrets.token_urlsafe(32)
    with database.writing() as session:
        expires = now() + timedelta(days=1)
        session.add(AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=expires))
    return token


def test_no_reader_of_any_process_is_shown_less_than_was_committed(servers, database, make, metrics_token):
    editions = Editions(make)
    work = [threading.Thread(target=editions.write, args=(database, number)) for number in range(WRITERS)]
    people = [signed_in(database, make.account(reputation=100)) for _ in range(READERS // 2)]
    cookies = [*people, *[None] * (READERS - len(people))]
    work += [threading.Thread(target=editions.read, args=(servers, cookie)) for cookie in cookies]
    for one in work:
        one.start()
    end = time.monotonic() + PATIENCE
    while editions.shown < ENOUGH and time.monotonic() < end:
        time.sleep(0.05)
    editions.stop.set()
    for one in work:
        one.join()

    assert editions.wrong == []
    assert editions.shown >= ENOUGH
    assert all(hits(port, metrics_token) > 0 for port in servers)
