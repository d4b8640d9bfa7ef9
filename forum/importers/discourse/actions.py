"""Importing a site that ran on Discourse, from a folder of what its API gave: the promises of every import."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.db import Database
from forum.importers import links, people, posts
from forum.importers.actions import drain
from forum.importers.discourse import folder as files
from forum.importers.discourse import products
from forum.importers.discourse.files import Uploads
from forum.importers.discourse.folder import Json, text, whole
from forum.importers.discourse.staging import FOR_A_LIKE, FOR_A_SOLUTION, Topics, likes, moment, tags
from forum.importers.discourse.texts import Texts
from forum.importers.dump import Advance, DumpError, Row
from forum.importers.emails import import_emails
from forum.importers.kitchen import WORTH_COOKS, kitchen
from forum.importers.personal import USERNAME
from forum.importers.record import recorded
from forum.importers.run import DISCOURSE, Report, Run, Show, batches, source
from forum.importers.staging import staging
from forum.posts import Visibility
from forum.storage import Storage

Fetch = Callable[[Show, Report], None]
"""Fills the folder before it is read."""
REGULAR, MODERATOR, SMALL, WHISPER = 1, 2, 3, 4
CLOSING = ("closed.enabled", "autoclosed.enabled", "archived.enabled")
OTHER = "other posts"


def import_discourse(
    database: Database,
    storage: Storage,
    folder: Path,
    *,
    var: Path,
    progress: Show,
    site: str | None = None,
    cooks: int | None = None,
    fetch: Fetch | None = None,
    emails: Path | None = None,
    letters: bool = False,
) -> Report:
    """Import a folder, once `fetch` has filled it where that is wanted.

    `site` is the name that later imports of the same site go by; by default that of its host, or the folder's.

    Raises:
        DumpError: what must be there is not, a file cannot be read, or the site does not answer as Discourse does.
    """
    if not folder.is_dir():
        raise DumpError(f"There is no folder {folder}.")
    old = files.address(folder)
    name = site or (urlsplit(old).hostname if old else None) or folder.resolve().name or DISCOURSE
    source_id = database.write(lambda session: source(session, name[:80], DISCOURSE).id)
    report = Report()
    with recorded(database, source_id, DISCOURSE, report, progress) as show:
        if fetch is not None:
            fetch(show, report)
        about = files.site(folder)
        found = files.topic_files(folder)
        if about is None or not found:
            what = "site.json or categories.json" if about is None else "file in topics/"
            raise DumpError(f"There is no {what} in {folder}.")
        size = sum(file.stat().st_size for file in found)
        cores = len(os.sched_getaffinity(0))
        count = (cores if cores > 1 and size >= WORTH_COOKS else 0) if cooks is None else cooks
        with staging(var) as kept, kitchen(count) as cooking:
            topics = Topics(kept.connection)
            run = Run(database, source_id, kept, cooking, report, show)
            uploads = Uploads(database, storage, folder, old, name)
            uploads.run = run
            texts = Texts(topics, uploads, source_id)
            run.source_of, run.attach, run.of_discourse = texts.markdown, uploads.attach, True
            with show("Reading topics", size) as advance:
                in_use = _read_topics(run, topics, folder, found, advance)
            _read_people(run, topics, folder)
            _write(run, topics, about, in_use)
            if emails is not None:
                import_emails(run, emails, letters=letters)
    return report


def _write(run: Run, topics: Topics, about: Json, in_use: set[str]) -> None:
    products.import_products(run, about, in_use)
    with run.progress("Importing people", topics.count("d_people")) as advance:
        drain(run, _counted(topics.people(), advance), people.import_users)
    topics.name(functools.partial(_handles, run))
    first, others = topics.size()
    with run.progress("Importing questions", first) as advance:
        drain(run, _sized(_placed(run, topics.questions()), advance), posts.import_questions)
    gone = topics.without_opening()
    run.report.read["questions"] += gone
    run.report.skip("questions", "the first post is not there, or is not for the public", gone)
    with run.progress("Importing answers", others) as advance:
        drain(run, _sized(topics.answers(), advance), posts.import_answers)
    for pairs in batches(run.staging.accepted()):
        links.accept(run, pairs)


def _read_topics(run: Run, topics: Topics, folder: Path, found: Sequence[Path], advance: Advance) -> set[str]:
    """Put aside what becomes something, count what does not; returns the categories that are in use."""
    in_use: set[str] = set()
    about: Json = {}
    private = 0
    for file in found:
        answer = files.read(file)
        number = files.topic_id(file)
        if "-" not in file.stem or whole(about.get("id")) != number:
            about = answer if whole(answer.get("id")) == number else {"id": number, "unknown": True}
        kept_out = _kept_out(about)
        listed = files.posts(answer)
        if kept_out:
            private += "-" not in file.stem
            run.report.read[OTHER] += len(listed)
            run.report.skip(OTHER, kept_out, len(listed))
        else:
            category = str(whole(about.get("category_id")))
            in_use.add(category)
            closed = next((moment(one.get("created_at")) for one in listed if one.get("action_code") in CLOSING), "")
            if "-" not in file.stem:
                topics.keep_topic(number, _topic_row(about, category, closed))
            for post in listed:
                _read_post(run, topics, folder, about, post)
            _note_solution(run, topics, about, listed)
        advance(file.stat().st_size)
    if private:
        run.report.notes.append(f"{private} topics were left out whole: messages, deleted topics, and the like.")
    return in_use


def _kept_out(about: Json) -> str | None:
    if about.get("unknown"):
        return "nothing says which topic they are of"
    if about.get("archetype") not in ("regular", "banner"):
        return "private messages are not brought along"
    return "their topic was deleted there" if about.get("deleted_at") else None


def _topic_row(about: Json, category: str, closed: str) -> Row:
    last = moment(about.get("last_posted_at")) or moment(about.get("created_at"))
    locked = bool(about.get("closed") or about.get("archived"))
    words = "Archived" if about.get("archived") else "Closed"
    return {
        "Id": str(whole(about.get("id"))),
        "Title": text(about.get("title")),
        "Tags": tags(about["tags"] if isinstance(about.get("tags"), list) else ()),
        "LastActivityDate": last,
        "ViewCount": str(min(whole(about.get("views")), 2**31 - 1)),
        "Category": category,
        "Visibility": "" if about.get("visible") is not False else Visibility.UNLISTED.value,
        "ClosedDate": (closed or last) if locked else "",
        "LockReason": f"{words} on the former site." if locked else "",
    }


def _read_post(run: Run, topics: Topics, folder: Path, about: Json, post: Json) -> None:
    topic, number, id_ = whole(about.get("id")), whole(post.get("post_number")), whole(post.get("id"))
    why = _left_out(post, number, id_)
    if why:
        run.report.read[OTHER] += 1
        run.report.skip(OTHER, why)
        return
    person = whole(post.get("user_id"))
    username, name = text(post.get("username")), text(post.get("name"))
    row: Row = {
        "Id": str(id_),
        "Topic": str(topic),
        "ParentId": str(topic),
        "Alias": f"number:{topic}/{number}",
        "OwnerUserId": str(person) if person else "",
        "OwnerDisplayName": name or username,
        "Username": username.lower(),
        "CreationDate": moment(post.get("created_at")),
        "LastEditDate": moment(post.get("updated_at")) if whole(post.get("version")) > 1 else "",
        "Score": str(min(likes(post), 2**31 - 1)),
        "Body": text(post.get("cooked")),
        "ReplyTo": str(whole(post.get("reply_to_post_number"))),
        "Visibility": Visibility.HIDDEN.value if post.get("hidden") else "",
        "Polls": json.dumps(post["polls"]) if isinstance(post.get("polls"), list) else "",
    }
    raw = text(post.get("raw")) or files.raw(folder, topic, number)
    if raw is not None and (raw.strip() or not row["Body"].strip()):
        row["Raw"] = raw
    if not topics.keep_post(topic, post, row):
        run.report.read[OTHER] += 1
        run.report.skip(OTHER, "it stands twice in the folder")
        return
    if person:
        known = {"Id": str(person), "Username": username.lower(), "DisplayName": name or username}
        topics.keep_person(person, known | {"CreationDate": row["CreationDate"]}, told=False)
        topics.earn(person, FOR_A_LIKE * int(row["Score"]))


def _left_out(post: Json, number: int, id_: int) -> str | None:
    """Why a post becomes nothing here."""
    if id_ < 1 or number < 1:
        return "it has no number"
    kind = post.get("post_type", REGULAR)
    if kind == WHISPER:
        return "whispers were for staff there"
    if kind == SMALL or (kind == MODERATOR and post.get("action_code")):
        return "it only says that a topic was closed, moved or the like"
    if kind not in (REGULAR, MODERATOR):
        return "it is of a kind that is not known, so it may not be for the public"
    if post.get("deleted_at") or post.get("user_deleted"):
        return "it was deleted there"
    return None


def _note_solution(run: Run, topics: Topics, about: Json, listed: Sequence[Json]) -> None:
    said = about.get("accepted_answer")
    number = whole(said.get("post_number")) if isinstance(said, dict) else 0
    topic = whole(about.get("id"))
    for post in listed:
        chosen = post.get("accepted_answer") is True or (number and whole(post.get("post_number")) == number)
        if chosen and whole(post.get("post_number")) > 1 and topics.post(topic, whole(post.get("post_number"))):
            run.staging.keep_accepted(str(topic), str(whole(post.get("id"))))
            topics.earn(whole(post.get("user_id")), FOR_A_SOLUTION)
            return


def _read_people(run: Run, topics: Topics, folder: Path) -> None:
    size = sum(file.stat().st_size for file in (folder / "users").glob("*.json"))
    with run.progress("Reading people", size) as advance:
        for user in files.users(folder, advance):
            person = whole(user.get("id"))
            if not person:
                run.report.read["users"] += 1
                run.report.skip("users", "it has no number")
                continue
            username = text(user.get("username"))
            row = {
                "Id": str(person),
                "Username": username.lower(),
                "DisplayName": text(user.get("name")) or username,
                "CreationDate": moment(user.get("created_at")),
                "LastAccessDate": moment(user.get("last_seen_at")),
                "Location": text(user.get("location")),
                "WebsiteUrl": text(user.get("website")),
                "AboutMe": text(user.get("bio_cooked")),
            }
            topics.keep_person(person, row, told=True)


def _handles(run: Run, usernames: Sequence[str]) -> dict[str, str]:
    """The handle here of everybody with these names there."""
    with run.database.reading() as session:
        return handles_of(session, run.local_ids(session, USERNAME, usernames))


def handles_of(session: Session, accounts: Mapping[str, int]) -> dict[str, str]:
    query = select(Account.id, Account.handle).where(Account.id.in_(accounts.values()), Account.anonymised_at.is_(None))
    found = {row.id: row.handle for row in session.execute(query)}
    return {name: found[local_id] for name, local_id in accounts.items() if local_id in found}


def _placed(run: Run, rows: Iterator[Row]) -> Iterator[Row]:
    """What is in no product names none: then a later run sees when its category was closed meanwhile."""
    for row in rows:
        yield row if row["Category"] in run.spaces else row | {"Category": ""}


def _counted(rows: Iterator[Row], advance: Advance) -> Iterator[Row]:
    for row in rows:
        yield row
        advance(1)


def _sized(rows: Iterator[Row], advance: Advance) -> Iterator[Row]:
    for row in rows:
        size = len(json.dumps(row))
        yield row
        advance(size)
