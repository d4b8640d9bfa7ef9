"""Users become accounts that nobody can sign in to until they are claimed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account, AccountMerge
from forum.accounts.names import RESERVED
from forum.accounts.reserving import reserved
from forum.clock import now
from forum.events import emit
from forum.events.imports import ReputationImported
from forum.importers.dishes import Dish
from forum.importers.dump import Row, number, when
from forum.importers.models import ImportedId
from forum.importers.personal import USER, USERNAME
from forum.importers.run import Known, Run, Write, digest
from forum.markup import Cooked
from forum.personal import GONE as GONE_HANDLE

KIND = USER
COMMUNITY = "-1"
GONE = "gone"
BIO_LIMIT = 8 * 1024


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a post or comment belongs to: a user's number, or a name where the dump has no number."""

    key: str
    name: str

    @classmethod
    def of(cls, row: Row, prefix: str = "Owner") -> Owner:
        number, name = row.get(f"{prefix}UserId"), row.get(f"{prefix}DisplayName", "").strip()
        if number:
            return cls(number, name)
        return cls(f"name:{name[:60]}", name) if name else cls(GONE, "")


def import_users(run: Run, users: Sequence[Row]) -> Write:
    """Bring one batch of Users.xml into the database."""
    with run.database.reading() as session:
        known = run.known(session, KIND, [row["Id"] for row in users])
    digests = {row["Id"]: digest(sorted(row.items())) for row in users}
    moved = [row for row in users if row["Id"] not in known or known[row["Id"]].digest != digests[row["Id"]]]
    told = [row for row in moved if row.get("AboutMe")]
    served = run.kitchen.order([Dish(None, row["AboutMe"], BIO_LIMIT) for row in told])

    def finish() -> None:
        bios = dict(zip((row["Id"] for row in told), served(), strict=True))
        if moved:
            run.database.write(lambda session: _write(session, run, moved, bios, known, digests))
        fresh_count = sum(row["Id"] not in known for row in moved)
        run.report.read["users"] += len(users)
        run.report.added["users"] += fresh_count
        run.report.changed["users"] += len(moved) - fresh_count

    return finish


def _write(
    session: Session,
    run: Run,
    moved: Sequence[Row],
    bios: dict[str, Cooked | None],
    known: dict[str, Known],
    digests: dict[str, str],
) -> None:
    columns = {row["Id"]: _columns(row, bios.get(row["Id"])) for row in moved}
    fresh = [row["Id"] for row in moved if row["Id"] not in known]
    made = _insert(session, [(key, columns[key]) for key in fresh])
    joined = merged(session, [known[row["Id"]].local_id for row in moved if row["Id"] in known])
    gone = erased(session, [known[row["Id"]].local_id for row in moved if row["Id"] in known])
    for key in (row["Id"] for row in moved if row["Id"] in known):
        made[key] = known[key].local_id
        if made[key] not in joined:
            _update(session, made[key], columns[key])
    totals = {made[row["Id"]]: max(1, number(row, "Reputation")) for row in moved if made[row["Id"]] not in joined}
    emit(session, ReputationImported(actor_id=None, totals=totals))
    run.remember(session, KIND, [(key, Known(made[key], digests[key], 0)) for key in made if made[key] not in gone])
    names = [(row["Username"], made[row["Id"]]) for row in moved if row.get("Username") and made[row["Id"]] not in gone]
    # A name that somebody else has by now is theirs.
    session.execute(
        delete(ImportedId).where(
            ImportedId.source_id == run.source_id,
            ImportedId.kind == USERNAME,
            ImportedId.external_id.in_([name for name, _local_id in names]),
        )
    )
    run.remember(session, USERNAME, [(name, Known(local_id, "", 0)) for name, local_id in names])


def erased(session: Session, account_ids: Sequence[int]) -> set[int]:
    """Those of these people who were erased: nothing that names them at the other site is kept again."""
    return set(
        session.scalars(select(Account.id).where(Account.id.in_(account_ids), Account.anonymised_at.is_not(None)))
    )


def merged(session: Session, account_ids: Sequence[int]) -> set[int]:
    """Those that several accounts became: no one user there speaks for them, nor says what they brought."""
    return set(session.scalars(select(AccountMerge.to_id).where(AccountMerge.to_id.in_(account_ids))))


def owners(session: Session, run: Run, wanted: Iterable[Owner]) -> dict[str, int]:
    """The accounts of these owners; those that Users.xml does not have are made from what is known of them."""
    by_key = {owner.key: owner for owner in wanted}
    found = run.local_ids(session, KIND, by_key)
    missing = sorted(key for key in by_key if key not in found)
    if missing:
        made = _insert(session, [(key, {"display_name": _stand_in(by_key[key])}) for key in missing])
        run.remember(session, KIND, [(key, Known(local_id, "", 0)) for key, local_id in made.items()])
        run.report.added["people without a user row"] += len(made)
        emit(session, ReputationImported(actor_id=None, totals=dict.fromkeys(made.values(), 1)))
        found |= made
    return found


def _insert(session: Session, people: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    if not people:
        return {}
    handles = _handles(session, [(key, columns.get("username") or columns["display_name"]) for key, columns in people])
    moment = now()
    rows = [{"created_at": moment, "imported_at": moment, **columns, "handle": handles[key]} for key, columns in people]
    for row in rows:
        row.pop("username", None)
    for row in rows:
        for name in ("bio_source", "bio_html", "location", "website"):
            row.setdefault(name, "")
        row.setdefault("last_seen_at", None)
    ids = session.scalars(insert(Account).returning(Account.id, sort_by_parameter_order=True), rows)
    return dict(zip((key for key, _columns in people), ids, strict=True))


def _update(session: Session, account_id: int, columns: dict[str, Any]) -> None:
    """What the old site says of somebody, until they have claimed the account and speak for themselves."""
    changes = {name: value for name, value in columns.items() if name not in ("created_at", "username")}
    unclaimed = (Account.id == account_id, Account.password_hash.is_(None), Account.anonymised_at.is_(None))
    session.execute(update(Account).where(*unclaimed).values(**changes))


def _columns(row: Row, bio: Cooked | None) -> dict[str, Any]:
    return {
        "display_name": _line(row.get("DisplayName", ""), 60) or f"User {row['Id']}",
        "username": row.get("Username", ""),
        "created_at": when(row),
        "last_seen_at": when(row, "LastAccessDate") if row.get("LastAccessDate") else None,
        "location": _line(row.get("Location", ""), 80),
        "website": _website(row.get("WebsiteUrl", "")),
        "bio_source": bio.source if bio else "",
        "bio_html": bio.html if bio else "",
    }


def _handles(session: Session, people: Sequence[tuple[str, str]]) -> dict[str, str]:
    """A handle for each, made of the name, and of the number where the name is taken or says nothing."""
    wanted = {key: _slug(name) or f"user{_slug(key) or key}" for key, name in people}
    spare = {key: f"{base[:20]}-{_slug(key)[-9:]}" for key, base in wanted.items()}
    both = {*wanted.values(), *spare.values()}
    taken = set(session.scalars(select(Account.handle).where(Account.handle.in_(both)))) | reserved(session, both)
    taken |= {
        handle for handle in both if handle.strip("_-").replace("_", "-") in RESERVED or handle.startswith(GONE_HANDLE)
    }
    handles: dict[str, str] = {}
    for key, base in wanted.items():
        handle, turn = base, 0
        while handle in taken:
            turn += 1
            handle = spare[key] if turn == 1 else f"{base[:20]}-{turn}-{digest(key)[:6]}"
        taken.add(handle)
        handles[key] = handle
    return handles


def _slug(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:24].strip("-")
    return slug if len(slug) >= 3 else ""


def _stand_in(owner: Owner) -> str:
    if owner.key == COMMUNITY:
        return "Community"
    if owner.key == GONE:
        return "Former member"
    return _line(owner.name, 60) or f"User {owner.key}"


def _line(text: str, most: int) -> str:
    return " ".join("".join(char for char in text if char.isprintable() or char == " ").split())[:most]


def _website(address: str) -> str:
    return address[:200] if re.match(r"https?://[^\s/]", address) and not re.search(r"\s", address) else ""
