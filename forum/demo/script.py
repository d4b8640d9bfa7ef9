"""The script: Markdown files in which a line that begins with `@@` is somebody doing something.

    @@ answer jonas +2h5m as=a1
    up: ana tom_w

    The text of the answer.

A cue names what is done (`Act`s are listed in `play.py`), who does it and when: `12d 09:30`
is twelve days before today at that time in UTC, `3h` is three hours ago, `+40m` is so long
after the line before. `key=` and `as=` name threads, tickets and answers for later lines;
`@@ in KEY` and `@@ on KEY` return to a thread and to a ticket.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.resources import files

HEADER = re.compile(r"(title|tags|env|up|down|metoo|follow|subject): ?(.*)")
DAY, AGO, AFTER = re.compile(r"(\d+)d"), re.compile(r"(\d+)([hm])"), re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")
CLOCK = re.compile(r"(\d\d):(\d\d)")
CONTENT = files("forum.demo") / "content"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time relative to the day, or (`ago`) to the minute, on which the script is played."""

    days: int = 0
    clock: timedelta = timedelta()
    ago: timedelta | None = None
    after: timedelta = timedelta()

    def on(self, today: datetime) -> datetime:
        if self.ago is not None:
            return today - self.ago + self.after
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=self.days) + self.clock + self.after

    @property
    def youngest(self) -> timedelta:
        """How long ago it is at least, at whatever time of the day the script is played; never negative in a script."""
        if self.ago is not None:
            return self.ago - self.after
        return timedelta(days=self.days) - self.clock - self.after


@dataclass(frozen=True, slots=True)
class Cue:
    verb: str
    who: str
    when: Moment
    thread: str = ""
    ticket: str = ""
    place: str = ""
    args: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def names(self, arg: str) -> list[str]:
        return self.args.get(arg, "").replace(",", " ").split()


def read() -> list[Cue]:
    """The whole script, in the order of its files."""
    names = sorted(entry.name for entry in CONTENT.iterdir() if entry.name.endswith(".md"))
    return [cue for name in names for cue in parse((CONTENT / name).read_text("utf-8"), name)]


def parse(text: str, name: str = "") -> Iterator[Cue]:
    when, thread, ticket = Moment(), "", ""
    for number, line, rest in _blocks(text):
        cue = _cue(line, rest, when, f"{name}:{number}")
        if cue.verb == "in":
            thread = cue.who
            continue
        if cue.verb == "on":
            ticket = cue.who
            continue
        when = cue.when
        if cue.verb == "ask":
            thread = cue.args["key"]
        elif cue.verb == "ticket":
            thread, ticket = "", cue.args["key"]
        elif cue.verb == "ask-staff":
            ticket = f"thread {thread}"
        elif cue.verb in ("answer", "reply"):
            cue.args.setdefault("as", cue.place)
        yield replace(cue, thread=thread, ticket=ticket)


def _blocks(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Each cue's line, its number in the file, and the lines below it."""
    number, line, rest = 0, "", list[str]()
    for at, read_line in enumerate(text.splitlines(), 1):
        if read_line.startswith("@@ "):
            if line:
                yield number, line, rest
            number, line, rest = at, read_line[3:], []
        else:
            rest.append(read_line)
    if line:
        yield number, line, rest


def _cue(line: str, rest: list[str], before: Moment, place: str) -> Cue:
    verb, who, *words = shlex.split(line)
    when, words = _when(words, before)
    args = dict(word.partition("=")[::2] for word in words)
    while rest and (header := HEADER.fullmatch(rest[0])):
        args[header[1]] = header[2]
        rest = rest[1:]
    return Cue(verb, who, when, place=place, args=args, body="\n".join(rest).strip())


def _when(words: list[str], before: Moment) -> tuple[Moment, list[str]]:
    if words and (after := AFTER.fullmatch(words[0])):
        days, hours, minutes = (int(part or 0) for part in after.groups())
        later = timedelta(days=days, hours=hours, minutes=minutes)
        return replace(before, after=before.after + later), words[1:]
    if words and (ago := AGO.fullmatch(words[0])):
        size = timedelta(hours=1) if ago[2] == "h" else timedelta(minutes=1)
        return Moment(ago=int(ago[1]) * size), words[1:]
    if len(words) > 1 and (day := DAY.fullmatch(words[0])) and (clock := CLOCK.fullmatch(words[1])):
        return Moment(int(day[1]), timedelta(hours=int(clock[1]), minutes=int(clock[2]))), words[2:]
    return before, words
