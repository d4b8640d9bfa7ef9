"""Fetching a site from the API of Discourse into a folder, at the pace that it allows; nothing is fetched twice.

A file is put in its place when it is whole, a topic's own file after those of its further pages: whatever ends a
fetching, the next one goes on behind the last whole topic.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from forum.importers.discourse import folder as files
from forum.importers.discourse.folder import Json, dicts, text, whole
from forum.importers.dump import DumpError
from forum.importers.run import Report, Show
from forum.settings import LOCAL_HOSTS

TIMEOUT = 60
TRIES = 8
LONGEST_PAUSE = 600.0
AT_ONCE = 50
"""How many further posts of a topic are asked for by one request."""
LARGEST_UPLOAD = 33 * 1024 * 1024
REDIRECTS = 4
GONE = frozenset({403, 404, 410})
_UPLOAD = re.compile(r"upload://([A-Za-z0-9]{1,40}(?:\.[A-Za-z0-9]{1,10})?)")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Any
    body: bytes


@dataclass
class Site:
    """A Discourse that is asked one thing after another. The key goes to its own host alone."""

    address: str
    key: str = field(repr=False)
    user: str = "system"
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise DumpError(f"{self.address} is no address such as https://forum.example.org.")
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            raise DumpError("Without https the key would be sent for everybody to read. Give the https address.")
        self.address = self.address.rstrip("/")

    def json(self, path: str) -> Json | None:
        """An answer, or None for what is not there or not for this key.

        Raises:
            DumpError: the site does not answer, or not as Discourse does.
        """
        reply = self.get(path)
        if reply.status in GONE:
            return None
        try:
            found = json.loads(reply.body) if reply.status == 200 else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise DumpError(
                f"{self.address} did not answer {path.partition('?')[0]} as Discourse does ({reply.status})."
            )
        return found

    def get(self, path: str, most: int = files.LARGEST) -> Reply:
        """Ask, wait as long as the site says where it has had enough, and ask again.

        Raises:
            DumpError: it does not answer however often it is asked.
        """
        said = ""
        for turn in range(TRIES):
            try:
                reply = self._once(f"{self.address}{path}", most)
            except (OSError, http.client.HTTPException) as error:
                said = f"could not be reached ({type(error).__name__})"
                self.sleep(min(2.0**turn, 60))
                continue
            if reply.status == 429:
                said = "goes on saying that it is asked too often"
                self.sleep(_pause(reply, turn))
            elif reply.status >= 500:
                said = f"answered {reply.status}"
                self.sleep(min(2.0**turn, 60))
            else:
                return reply
        raise DumpError(f"{self.address} {said}. What was fetched is kept: run it again and it goes on from there.")

    def _once(self, address: str, most: int) -> Reply:
        """One answer, with what it leads to: files may lie elsewhere, where the key is not sent."""
        own = urlsplit(self.address)
        for _ in range(REDIRECTS):
            parts = urlsplit(address)
            ours = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
            reply = _ask(address, {"Api-Key": self.key, "Api-Username": self.user} if ours else {}, most)
            if reply.status not in (301, 302, 303, 307, 308):
                return reply
            address = urljoin(address, reply.headers.get("Location", ""))
            if urlsplit(address).scheme not in ("http", "https"):
                break
        return Reply(404, {}, b"")


def _ask(address: str, headers: dict[str, str], most: int) -> Reply:
    parts = urlsplit(address)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        line: http.client.HTTPConnection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT, context=context)
    else:
        line = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        line.request("GET", path or "/", headers={"Accept": "*/*", "User-Agent": "Porchlight import", **headers})
        answer = line.getresponse()
        body = answer.read(most + 1)
        if len(body) > most:
            return Reply(413, answer.headers, b"")
        return Reply(answer.status, answer.headers, body)
    finally:
        line.close()


def _pause(reply: Reply, turn: int) -> float:
    """How long the site asks to be left alone: in its header, or in its answer."""
    said = reply.headers.get("Retry-After", "")
    if not re.fullmatch("[0-9]{1,6}", said):
        found = re.search(rb'"wait_seconds":\s*([0-9]{1,6})', reply.body)
        said = found[1].decode() if found else str(5 * 2**turn)
    return min(float(said) + 0.5, LONGEST_PAUSE)


def fetch(site: Site, folder: Path, show: Show, report: Report) -> None:
    """Fill the folder with all that the key may see of topics, people and files.

    Raises:
        DumpError: the key is refused, or the site does not answer as Discourse does.
    """
    for name in ("topics", "users", "uploads"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    about = site.json("/site.json")
    if about is None:
        raise DumpError(f"{site.address} refuses this key, or knows no user “{site.user}” for it.")
    _put(folder / "source.json", {"address": site.address})
    _put(folder / "site.json", about)
    listed = _Listed()
    told = (site.json("/about.json") or {}).get("about")
    stats = told.get("stats") if isinstance(told, dict) else None
    about_topics = stats if isinstance(stats, dict) else {}
    total = whole(about_topics.get("topics_count")) or whole(about_topics.get("topic_count"))
    with show("Fetching topics", total) as advance:
        for topic in _topics(site):
            _topic(site, folder, topic, report, listed)
            advance(1)
    with show("Fetching people", len(listed.people)) as advance:
        for name in sorted(listed.people):
            _person(site, folder, name, report)
            advance(1)


@dataclass
class _Listed:
    people: set[str] = field(default_factory=set)


def _topics(site: Site) -> Iterator[Json]:
    """All topics that the key may see, oldest first, so that one that is new moves no page."""
    page, seen = 0, set[int]()
    while True:
        query = urlencode({"order": "created", "ascending": "true", "no_definitions": "true", "page": page})
        answer = site.json(f"/latest.json?{query}")
        if answer is None:
            raise DumpError(f"{site.address} refuses this key the list of topics.")
        inner = answer.get("topic_list")
        found = [one for one in dicts(inner.get("topics") if isinstance(inner, dict) else None) if whole(one.get("id"))]
        fresh = [one for one in found if whole(one["id"]) not in seen]
        seen.update(whole(one["id"]) for one in fresh)
        yield from fresh
        if not fresh or not isinstance(inner, dict) or not inner.get("more_topics_url"):
            return
        page += 1


def _topic(site: Site, folder: Path, listed: Json, report: Report, seen: _Listed) -> None:
    number = whole(listed["id"])
    file = folder / "topics" / f"{number}.json"
    report.read["fetched topics"] += 1
    before = _kept(file)
    if before is not None and all(before.get(name) == listed.get(name) for name in ("posts_count", "last_posted_at")):
        answers = [before, *(_kept(further) or {} for further in _further(folder, number))]
    else:
        first = site.json(f"/t/{number}.json?include_raw=1")
        if first is None:
            report.skip("fetched topics", "it was removed, or is not for this key")
            return
        answers = [first, *_rest(site, number, first)]
        for page in _further(folder, number):
            page.unlink()
        for place, answer in enumerate(answers[1:], 2):
            _put(folder / "topics" / f"{number}-{place}.json", answer)
        _put(file, first)
        report.added["fetched topics"] += 1
    for post in (post for answer in answers for post in files.posts(answer)):
        if text(post.get("username")):
            seen.people.add(text(post["username"]))
        for name in _UPLOAD.findall(text(post.get("raw"))):
            _upload(site, folder, name, report)


def _rest(site: Site, number: int, first: Json) -> Iterator[Json]:
    """The posts of a topic that its first answer only names."""
    stream = first.get("post_stream")
    named = stream.get("stream") if isinstance(stream, dict) else None
    there = {post.get("id") for post in files.posts(first)}
    missing = [one for one in (named if isinstance(named, list) else []) if whole(one) and one not in there]
    for start in range(0, len(missing), AT_ONCE):
        ids = [("post_ids[]", str(one)) for one in missing[start : start + AT_ONCE]]
        answer = site.json(f"/t/{number}/posts.json?{urlencode([*ids, ('include_raw', '1')])}")
        if answer is not None:
            yield {"id": number} | answer


def _person(site: Site, folder: Path, name: str, report: Report) -> None:
    file = folder / "users" / f"{quote(name.lower(), safe='')[:200]}.json"
    report.read["fetched people"] += 1
    if file.exists():
        return
    answer = site.json(f"/u/{quote(name, safe='')}.json")
    if answer is None:
        report.skip("fetched people", "the profile is not for this key")
        return
    # Addresses and what else admins see of people is no part of this.
    user = answer.get("user")
    kept = {key: value for key, value in user.items() if key in PROFILE} if isinstance(user, dict) else {}
    _put(file, {"user": kept})
    report.added["fetched people"] += 1


PROFILE = frozenset(
    ["id", "username", "name", "created_at", "last_seen_at", "bio_raw", "bio_cooked", "location", "website", "staged"]
)


def _upload(site: Site, folder: Path, name: str, report: Report) -> None:
    file = folder / "uploads" / name
    if file.exists():
        return
    report.read["fetched files"] += 1
    reply = site.get(f"/uploads/short-url/{name}", LARGEST_UPLOAD)
    if reply.status != 200:
        report.skip("fetched files", "it is not there, or too large")
        return
    _write(file, reply.body)
    report.added["fetched files"] += 1


def _further(folder: Path, number: int) -> list[Path]:
    return [file for file in (folder / "topics").glob(f"{number}-*.json") if files.topic_id(file) == number]


def _kept(file: Path) -> Json | None:
    return files.read(file) if file.exists() else None


def _put(file: Path, answer: Json) -> None:
    _write(file, json.dumps(answer, ensure_ascii=False).encode())


def _write(file: Path, data: bytes) -> None:
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.write_bytes(data)
    unfinished.replace(file)
