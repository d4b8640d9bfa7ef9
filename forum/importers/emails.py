"""The addresses of imported people, from a list of one's own: each lets its reader claim their account, and no more."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts import tokens
from forum.accounts.claiming import CLAIM as CLAIM_LETTER
from forum.accounts.claiming import unclaimed
from forum.accounts.models import Account, TokenPurpose
from forum.accounts.names import clean_email
from forum.errors import Invalid
from forum.importers.dump import DumpError
from forum.importers.models import ImportedId
from forum.importers.personal import CLAIM, USER, USERNAME
from forum.importers.run import Known, Report, Run, batches, digest
from forum.jobs import enqueue

KIND = "addresses"
TOLD = 50
"""How many lines are named one by one; a list that is wrong all through needs no more."""
HEADER = frozenset({"username", "user", "id", "name", "username-or-id"})
Line = tuple[int, str, str]


def import_emails(run: Run, file: Path, *, letters: bool = False) -> None:
    """Note whose address is which; with `letters`, write to everybody once.

    Raises:
        DumpError: the file cannot be read.
    """
    size = file.stat().st_size if file.is_file() else 0
    with run.progress("Reading addresses", size) as advance:
        for batch in batches(_lines(file)):
            run.database.write(functools.partial(_keep, run=run, lines=batch, letters=letters))
            advance(sum(len(name) + len(email) + 2 for _line, name, email in batch))


def _lines(file: Path) -> Iterator[Line]:
    """The lines that say something, each with its number."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source)
            for row in reader:
                cells = [cell.strip() for cell in row]
                if not any(cells) or (reader.line_num == 1 and cells[0].lower() in HEADER):
                    continue
                yield reader.line_num, cells[0], cells[1] if len(cells) == 2 else ""
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        words = "It has a name or number and an address on each line, with a comma between them."
        raise DumpError(f"{file.name} cannot be read as UTF-8 and CSV. {words}") from error


def _keep(session: Session, run: Run, lines: Sequence[Line], *, letters: bool) -> None:
    _Batch(session, run, letters=letters).keep(lines)


class _Batch:
    def __init__(self, session: Session, run: Run, *, letters: bool) -> None:
        self.session = session
        self.run = run
        self.letters = letters

    def keep(self, lines: Sequence[Line]) -> None:
        report = self.run.report
        for line, name, typed in lines:
            report.read[KIND] += 1
            try:
                email = clean_email(typed)
            except Invalid:
                refuse(report, line, "it has no name and address, with a comma between them")
                continue
            found = self._people(name)
            if len(found) != 1:
                few = "nobody of that name or number was imported, or they were erased here"
                refuse(report, line, "more than one person has that name or number" if found else few)
                continue
            ((key, account_id),) = found.items()
            why = self._give(key, account_id, email)
            if why:
                refuse(report, line, why)

    def _people(self, name: str) -> dict[str, int]:
        """Whom a name or number may mean at the former site, by number there."""
        said = name.removeprefix("@").lower()
        accounts = set(self.run.local_ids(self.session, USERNAME, [said]).values()) if said else set()
        accounts |= set(self.run.local_ids(self.session, USER, [name]).values())
        if not accounts and said:
            accounts |= self._named(name)
        query = select(ImportedId.external_id, ImportedId.local_id).where(
            ImportedId.source_id == self.run.source_id, ImportedId.kind == USER, ImportedId.local_id.in_(accounts)
        )
        return {row.external_id: row.local_id for row in self.session.execute(query)}

    def _named(self, name: str) -> set[int]:
        """By the name that is shown, for sites that have no others."""
        query = (
            select(Account.id)
            .join(ImportedId, ImportedId.local_id == Account.id)
            .where(
                ImportedId.source_id == self.run.source_id,
                ImportedId.kind == USER,
                Account.display_name == name,
            )
        )
        return set(self.session.scalars(query.limit(2)))

    def _give(self, key: str, account_id: int, email: str) -> str | None:
        """Note an address; returns what speaks against it."""
        report, session = self.run.report, self.session
        known = self.run.known(session, CLAIM, [key]).get(key)
        if known is not None and known.digest == digest(email):
            if self.letters and not known.revision:
                self._write_to(key, account_id, email)
            return None
        waiting = select(Account).where(Account.id == account_id, unclaimed()).with_for_update()
        account = session.scalars(waiting).one_or_none()
        if account is None:
            return "the account is in use here already, or was erased"
        owner = session.scalar(select(Account.handle).where(Account.email == email))
        if owner is not None:
            return f"the address belongs to the account @{owner}, which keeps it; the two are not joined"
        other = select(Account.id).where(Account.unconfirmed_email == email, Account.id != account_id, unclaimed())
        if session.scalar(other.limit(1)) is not None:
            return "the address is that of another imported person already"
        report.changed[KIND] += account.unconfirmed_email is not None
        report.added[KIND] += account.unconfirmed_email is None
        account.unconfirmed_email = email
        tokens.use_up(session, account_id, TokenPurpose.CLAIM_ACCOUNT)
        self.run.remember(session, CLAIM, [(key, Known(account_id, digest(email), 0))])
        if self.letters:
            self._write_to(key, account_id, email)
        return None

    def _write_to(self, key: str, account_id: int, email: str) -> None:
        enqueue(self.session, CLAIM_LETTER, {"account_id": account_id})
        self.run.remember(self.session, CLAIM, [(key, Known(account_id, digest(email), 1))])
        self.run.report.added["letters"] += 1


def refuse(report: Report, line: int, why: str) -> None:
    told = sum(1 for kind, words in report.skipped if kind == KIND and words.startswith("line "))
    report.skip(KIND, f"line {line}: {why}" if told < TOLD else "in further lines, for reasons like these")
