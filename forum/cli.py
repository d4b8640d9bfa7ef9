"""The `porchlight` command."""

from __future__ import annotations

import asyncio
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import structlog
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from forum import checks, i18n, logs, processes, schema
from forum.access import Role, Scope
from forum.accounts import actions, api_tokens, offboarding
from forum.accounts.factors import actions as factors
from forum.accounts.names import clean_email
from forum.accounts.passwords import hash_password, require_strong
from forum.app import build_site
from forum.backups import backup as backups
from forum.backups import restore as restoring
from forum.backups.manifest import BackupError
from forum.clock import now
from forum.demo import play
from forum.doors import is_open
from forum.errors import Invalid, PorchlightError
from forum.guidelines import actions as guidelines
from forum.importers.actions import import_stackexchange
from forum.importers.discourse import fetch as fetching
from forum.importers.discourse.actions import import_discourse
from forum.importers.dump import DumpError
from forum.importers.run import Report
from forum.merges import actions as merges
from forum.merges import queries as merges_queries
from forum.options import option
from forum.plain import PlainGroup
from forum.progress import progress
from forum.serving import web as web_process
from forum.serving.listener import Taken, listen
from forum.serving.master import Master
from forum.settings import LOCAL_HOSTS, Settings, SettingsError
from forum.setup.actions import begin, void_code
from forum.terms import actions as terms
from forum.threads.actions import recooking
from forum.web import Site, metrics
from moderation.audit.actions import verify
from reputation.ledger import rebuild

log = structlog.get_logger()
REAL = "this database holds a site of your own, and demo mode lets anybody be its admin. Unset PORCHLIGHT_DEMO."
BROKEN_OFF = "an earlier run of the demonstration broke off. Remove the database, then run: porchlight demo."

main = typer.Typer(
    cls=PlainGroup,
    help="Porchlight: a community support forum with a staff desk behind it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def settings(*, make: bool = True) -> Settings:
    """The settings, or one clear line and exit status 1; without `make`, nothing that is missing is made."""
    try:
        read = Settings.from_env(make=make)
    except SettingsError as error:
        typer.echo(f"porchlight: {error}", err=True)
        raise typer.Exit(1) from error
    logs.configure(read.log_format)
    return read


@main.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", help="The port to listen on.")] = 8000,
    socket: Annotated[Path | None, typer.Option(help="A unix socket to listen on instead.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Web processes.")] = 1,
    worker: Annotated[bool, typer.Option(help="Start the job worker as a child process.")] = True,
) -> None:
    """Serve the site, with the job worker beside it; SIGHUP replaces every process without a failed request."""
    known = settings()
    if known.demo and (host not in LOCAL_HOSTS or socket is not None):
        _stop("demo mode serves this machine only, by its own address; unset PORCHLIGHT_DEMO to go public.")
    try:
        listeners = listen(host, port, socket, processes=workers)
    except Taken as error:
        typer.echo(f"porchlight: {error}", err=True)
        raise typer.Exit(1) from error
    schema.upgrade(known.database_url)
    _first_run(known)
    metrics.share_between_processes(known.var / "metrics")
    web_process.leave(Master(listeners, worker=worker).run())


def _first_run(known: Settings) -> None:
    """Say how a site goes on that nobody runs yet; a demonstration must be one."""
    database = build_site(known).database
    try:
        if known.demo:
            with database.reading() as session:
                play.is_filled(session)
            return
        code = database.write(begin)
        with database.reading() as session:
            closed = not is_open(session)
    except play.Inhabited:
        _stop(REAL)
    except play.Interrupted:
        _stop(BROKEN_OFF)
    finally:
        database.dispose()
    if code is not None and known.log_format == "json":
        log.warning("nobody runs this site yet", setup=f"{known.base_url}/setup", code=code)
    elif code is not None:
        typer.echo(f"Nobody runs this site yet. Open {known.base_url}/setup and give this code: {code}")
    elif closed:
        typer.echo(f"This site is not open yet. Go on as its admin at {known.base_url}/setup")


def _stop(words: str) -> NoReturn:
    typer.echo(f"porchlight: {words}", err=True)
    raise typer.Exit(1)


@main.command()
def worker() -> None:
    """Do queued work: mail, notifications, what the clock asks for."""
    processes.work(settings())


@main.command("mail-in")
def mail_in(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on [default: PORCHLIGHT_INBOUND_HOST, or 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on [default: PORCHLIGHT_INBOUND_PORT, or 2525]")
    ] = None,
) -> None:
    """Take in mail, by SMTP or LMTP, for the addresses of this site alone; a worker reads it."""
    known = settings()
    if known.inbound_domain is None:
        _stop("PORCHLIGHT_INBOUND_DOMAIN: name the domain whose mail comes in here, such as reply.example.com.")
    host, port = host or known.inbound_host, known.inbound_port if port is None else port
    if known.demo and host not in LOCAL_HOSTS:
        _stop("demo mode serves this machine only, by its own address; unset PORCHLIGHT_DEMO to go public.")
    try:
        from forum.mailin.receiving import receive  # noqa: PLC0415 - an extra, which no other process needs
    except ImportError:
        _stop("mail-in needs the extra: pip install 'porchlight[mailin]'.")
    database = build_site(known).database

    def ready(there: int) -> None:
        log.info("mail comes in", domain=known.inbound_domain, host=host, port=there)

    try:
        asyncio.run(receive(known, database, host, port, ready=ready))
    except OSError as error:
        _stop(f"cannot listen at {host}:{port}: {error.strerror or error}.")
    finally:
        database.dispose()


@main.command()
def create_account(
    handle: Annotated[str, typer.Argument(help="The name after the @: 3 to 30 of a-z, 0-9, _ and -.")],
    email: Annotated[str, typer.Option(help="The e-mail address, taken as confirmed.")],
    role: Annotated[list[Role] | None, typer.Option(help="A role; may be given more than once.")] = None,
    tier: Annotated[int | None, typer.Option(min=1, max=3, help="The tier of staff.")] = None,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input, not a prompt.")] = False,
) -> None:
    """Make an account; with the role admin, on a database where nobody is, a site that is open from its first start."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _new_password()
    known = settings()
    try:
        account_id = _create_account(known, handle, email, frozenset(role or ()), tier, password)
    except Invalid as refusal:
        _refuse(refusal)
    typer.echo(f"@{handle.lower()} is there (account {account_id}).")


def _new_password() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _create_account(
    known: Settings, handle: str, email: str, roles: frozenset[Role], tier: int | None, password: str
) -> int:
    address = clean_email(email)
    require_strong(password, field="password", about=(handle, address))
    hashed = hash_password(password)
    schema.upgrade(known.database_url)
    site = build_site(known)

    def make(session: Session) -> int:
        made = actions.create_account(
            session, handle=handle, email=address, password_hash=hashed, roles=roles, tier=tier
        )
        if made.admin:
            void_code(session)
        return made.id

    try:
        return site.database.write(make)
    finally:
        site.database.dispose()


@main.command()
def token(
    handle: Annotated[str, typer.Argument(help="Whose token it is.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may be used for; may be given more than once.")],
    name: Annotated[str, typer.Option(help="What it is for, as its owner's settings list it.")] = "Command line",
    days: Annotated[int | None, typer.Option(min=1, help="Days until it ends [default: it has no end]")] = None,
) -> None:
    """Make a token for the API, and print it alone."""
    database = build_site(settings()).database

    def make(session: Session) -> str:
        account = api_tokens.account_by_handle(session, handle)
        return api_tokens.make_token(session, account.id, name, scope, days=days)[1]

    try:
        typer.echo(database.write(make))
    except PorchlightError as refusal:
        _refuse(refusal)
    finally:
        database.dispose()


@main.command("reset-factors")
def reset_factors(
    handle: Annotated[str, typer.Argument(help="Who has lost their app, passkeys and recovery codes.")],
) -> None:
    """Take away somebody's second factors, so that the password alone lets them in; they are told by mail."""
    database = build_site(settings()).database

    def reset(session: Session) -> str:
        account = api_tokens.account_by_handle(session, handle)
        factors.reset_factors(session, account)
        return account.handle

    try:
        typer.echo(f"@{database.write(reset)} signs in with the password alone, and was signed out everywhere.")
    except PorchlightError as refusal:
        _refuse(refusal)
    finally:
        database.dispose()


def _refuse(refusal: PorchlightError) -> NoReturn:
    fields = refusal.fields if isinstance(refusal, Invalid) else {"": refusal.message}
    for field, words in fields.items():
        typer.echo(f"porchlight: {field}: {words}" if field else f"porchlight: {words}", err=True)
    raise typer.Exit(1) from refusal


@main.command()
def migrate(quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when it went well.")] = False) -> None:
    """Bring the database up to date."""
    schema.upgrade(settings().database_url)
    if not quiet:
        typer.echo("The database is up to date.")


@main.command()
def demo() -> None:
    """Fill an empty site with demonstration content, refuse one that is somebody's own, and say whom one can be."""
    known = settings()
    if not known.demo:
        _stop("demonstration content is for demo mode only; set PORCHLIGHT_DEMO=1.")
    schema.upgrade(known.database_url)
    site = build_site(known, durable=False)
    try:
        with site.database.reading() as session:
            filled = play.is_filled(session)
    except play.Inhabited:
        _stop(REAL)
    except play.Interrupted:
        _stop(BROKEN_OFF)
    if not filled:
        acts = play.running_order(now())
        with progress("Filling in demo content", len(acts)) as advance:
            play.fill(site, acts, advance)
    with site.database.reading() as session:
        offers: list[dict[str, str]] = option(session, play.OFFERS, default=[])
    if offers:
        typer.echo(f"Demo content is in. At {known.base_url}/login, without a password, you can be:")
    for offer in offers:
        typer.echo(f"  {offer['name']} – {offer['words']}")


@main.command()
def recook() -> None:
    """Lay out again what an older version of the cooker made."""
    database = build_site(settings()).database
    with database.reading() as session:
        stale = recooking.stale_posts(session)
    repaired = refused = 0
    with progress("Cooking", stale) as advance:
        for done, kept in recooking.recook(database):
            repaired, refused = repaired + done, refused + kept
            advance(done + kept)
    typer.echo(f"Cooked {repaired} of {stale} posts again.")
    if database.write(guidelines.recook):
        typer.echo("Cooked the guidelines again.")
    if database.write(terms.recook):
        typer.echo("Cooked the terms again.")
    if refused:
        typer.echo(f"porchlight: {refused} posts can no longer be cooked; they stay as they were.", err=True)
        raise typer.Exit(1)


audit = typer.Typer(no_args_is_help=True, help="The log of what staff did.")
main.add_typer(audit, name="audit")


@audit.callback()
def _audit() -> None:
    """The log of what staff did."""


@audit.command("verify")
def audit_verify() -> None:
    """Prove that no entry of the log was changed or taken out; exit with status 1 at the first that was."""
    with build_site(settings()).database.reading() as session:
        count, broken = verify(session)
    if broken is not None:
        typer.echo(f"Entry {broken.entry_id} {broken.why}. The {count} before it stand.", err=True)
        raise typer.Exit(1)
    typer.echo(f"The log is whole: {count} entries.")


@main.command()
def rebuild_reputation(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit with status 1 on a difference.")] = False,
) -> None:
    """Prove the ledger against votes and acceptances, and set each account's reputation to its sum."""
    database = build_site(settings()).database
    repaired = 0
    if not check:
        with database.writing() as session, progress("Repairing", rebuild.steps(session)) as advance:
            repaired = rebuild.repair(session, advance)
    differences = 0
    with database.reading() as session:
        rebuild.snapshot(session)
        with progress("Checking", rebuild.steps(session)) as advance:
            for difference in rebuild.check(session, advance):
                differences += 1
                typer.echo(f"{difference.subject}: {difference.found}")
    if repaired:
        typer.echo(f"Repaired the reputation of {repaired} account{'' if repaired == 1 else 's'}.")
    if differences:
        typer.echo(f"porchlight: {differences} difference{'' if differences == 1 else 's'} found.", err=True)
        raise typer.Exit(1)
    typer.echo("Reputation agrees with the ledger, and the ledger with votes and accepted answers.")


@main.command()
def offboard(
    handle: Annotated[str, typer.Argument(help="Who leaves.")],
    to: Annotated[str, typer.Option(help="Who takes over what they were at.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would be handed over.")] = False,
) -> None:
    """Hand over what somebody of the staff is at, and let them in no more; what they wrote stays theirs."""
    built = build_site(settings())

    def work(session: Session) -> list[offboarding.Handover]:
        handed = offboarding.offboard(session, None, built.duties, handle, to)
        if dry_run:
            session.rollback()
        return handed

    try:
        with i18n.use_locale("en"):
            handed = built.database.write(work)
    except PorchlightError as refusal:
        _refuse(refusal)
    finally:
        built.database.dispose()
    for one in handed:
        typer.echo(f"{one.what}: {one.count}")
    typer.echo("Nothing was changed." if dry_run else f"@{handle.lower()} has left; @{to.lower()} takes over.")


@main.command("merge-accounts")
def merge_accounts(
    gone: Annotated[str, typer.Argument(metavar="FROM", help="The account that goes.")],
    into: Annotated[str, typer.Option("--into", metavar="TO", help="The account that stays, with all of it.")],
    reason: Annotated[str, typer.Option(help="How you know that both are one person's; it stands in the log.")] = "",
    confirm: Annotated[str, typer.Option(help="The handle that goes, once more, in place of being asked.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would happen.")] = False,
) -> None:
    """Make two accounts of one person one. It cannot be undone; the worker moves everything within a minute."""
    built = build_site(settings())
    try:
        with i18n.use_locale("en"):
            with built.database.reading() as session:
                _print_merge(merges_queries.preview(session, built.merging, merges.pair(session, gone, into)))
            if dry_run:
                typer.echo("Nothing was changed.")
                return
            said = reason or typer.prompt("How do you know that both are one person's?")
            typed = confirm or typer.prompt(f"It cannot be undone. Type the handle that goes, {gone}")
            built.database.write(
                lambda session: merges.merge_accounts(
                    session, None, built.merging, gone, into, typed=typed, reason=said
                )
            )
    except PorchlightError as refusal:
        _refuse(refusal)
    finally:
        built.database.dispose()
    typer.echo(f"@{gone.lower()} becomes part of @{into.lower()}; a running worker moves everything.")


def _print_merge(preview: merges_queries.Preview) -> None:
    for words in preview.refusals:
        typer.echo(f"porchlight: {words}", err=True)
    if preview.refusals:
        raise typer.Exit(1)
    for one in preview.moves:
        typer.echo(f"moves: {one.what}: {one.count}")
    for line in preview.gives_way:
        typer.echo(f"only once: {line.what}: {line.count}")
    for one in preview.ends:
        typer.echo(f"ends: {one.what}: {one.count}")


@main.command()
def backup(
    to: Annotated[Path, typer.Argument(help="The file to write, or a folder in which it is named after the time.")],
    with_secret: Annotated[
        bool, typer.Option("--with-secret", help="Put the secret in VAR into it, too; keep such a backup like a key.")
    ] = False,
) -> None:
    """Back up the database and uploaded files, while the site runs."""
    known = settings()
    built = build_site(known)
    try:
        made = backups.backup(known, built.database, to, with_secret=with_secret, told=typer.echo)
    except BackupError as error:
        typer.echo(f"porchlight: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        built.database.dispose()
    typer.echo(f"The backup is in {made}.")


@main.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup made by porchlight backup.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the site that is there.")] = False,
    erasures: Annotated[
        list[Path] | None,
        typer.Option(help="A further erasures.jsonl, such as one kept elsewhere; may be given more than once."),
    ] = None,
) -> None:
    """Restore a backup: checked, brought up to date, and without anybody who was erased since."""
    try:
        manifest, again = restoring.restore(
            settings(),
            file,
            build=build_site,
            checks=(_check_reputation, _check_log),
            replace_all=replace,
            erasures=erasures or (),
            told=typer.echo,
        )
    except BackupError as error:
        typer.echo(f"porchlight: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"The site is as it was at {manifest.made_at}. Everybody signs in again.")
    if again:
        typer.echo(f"{again} {'person' if again == 1 else 'people'} who had been erased were erased again.")


def _check_reputation(site: Site) -> Iterator[str]:
    with site.database.reading() as session:
        rebuild.snapshot(session)
        yield from (f"{found.subject}: {found.found}" for found in rebuild.check(session))


def _check_log(site: Site) -> Iterator[str]:
    with site.database.reading() as session:
        _count, broken = verify(session)
    if broken is not None:
        yield f"entry {broken.entry_id} of the log {broken.why}"


imports = typer.Typer(no_args_is_help=True, help="Bring content from elsewhere.")
main.add_typer(imports, name="import")
EMAILS = typer.Option(help="A list of names or numbers and addresses, by which people can claim their accounts.")
LETTERS = typer.Option("--letters", help="Write to the people of that list, each once.")


@imports.command("stackexchange")
def stackexchange(
    folder: Annotated[
        Path, typer.Argument(help="The folder with Posts.xml and, where there are any, the other tables.")
    ],
    site: Annotated[
        str | None, typer.Option(help="The name that later dumps of this site go by [default: the folder's]")
    ] = None,
    emails: Annotated[Path | None, EMAILS] = None,
    letters: Annotated[bool, LETTERS] = False,
) -> None:
    """Import a Stack Exchange dump; a second run adds only what is new or changed, a killed one goes on."""
    known = settings()
    schema.upgrade(known.database_url)
    built = build_site(known)
    show = functools.partial(progress, of_bytes=True)
    try:
        report = import_stackexchange(
            built.database, folder, var=known.var, progress=show, site=site, emails=emails, letters=letters
        )
    except DumpError as error:
        typer.echo(f"porchlight: {error} What was read before it is kept; run again to go on.", err=True)
        raise typer.Exit(1) from error
    _print_report(report)


@imports.command("discourse")
def discourse(
    where: Annotated[
        str, typer.Argument(metavar="DIR|URL", help="The folder with what the API gave, or the site to fetch it from.")
    ],
    key_file: Annotated[Path | None, typer.Option(help="A file with an API key of the site, to fetch with.")] = None,
    user: Annotated[str, typer.Option(help="Whose key it is.")] = "system",
    into: Annotated[
        Path | None, typer.Option(help="Where to keep what is fetched [default: a folder in VAR named after the site]")
    ] = None,
    site: Annotated[
        str | None,
        typer.Option(help="The name that later imports of this site go by [default: its host or folder]"),
    ] = None,
    emails: Annotated[Path | None, EMAILS] = None,
    letters: Annotated[bool, LETTERS] = False,
) -> None:
    """Import a site that ran on Discourse; a second run adds only what is new or changed, a killed one goes on."""
    known = settings()
    schema.upgrade(known.database_url)
    built = build_site(known)
    try:
        folder, fetch = Path(where), None
        if "://" in where:
            asked = fetching.Site(where, _key(key_file), user)
            folder = into or known.var / "imports" / (urlsplit(where).hostname or "discourse")
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fetch = functools.partial(fetching.fetch, asked, folder)
        report = import_discourse(
            built.database,
            built.storage,
            folder,
            var=known.var,
            progress=progress,
            site=site,
            fetch=fetch,
            emails=emails,
            letters=letters,
        )
    except DumpError as error:
        typer.echo(f"porchlight: {error} What was read before it is kept; run again to go on.", err=True)
        raise typer.Exit(1) from error
    _print_report(report)


def _key(file: Path | None) -> str:
    """The key in a file; on the command line everybody on the machine could read it."""
    if file is None:
        raise DumpError("To fetch, give the file with the key: --key-file FILE.")
    try:
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DumpError(f"There is no key to be read in {file}.") from error
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", key):
        raise DumpError(f"{file} must hold the key in one line, and nothing else.")
    return key


def _print_report(report: Report) -> None:
    table = Table("", "read", "added", "changed", "as before", box=None)
    for kind in dict.fromkeys((*report.read, *report.added)):
        added, changed = report.added[kind], report.changed[kind]
        unchanged = str(report.unchanged(kind)) if kind in report.read else ""
        table.add_row(kind, str(report.read[kind] or ""), str(added), str(changed), unchanged)
    console = Console(soft_wrap=True)
    console.print(table)
    for (kind, why), count in sorted(report.skipped.items()):
        console.print(f"{count} {kind}: {why}")
    for note in report.notes:
        console.print(note)


@main.command()
def check() -> None:
    """Say in plain words whether the settings are right and everything they name answers; makes and sends nothing."""
    site, sound = build_site(settings(make=False)), True
    try:
        for finding in checks.check(site):
            sound &= finding.well
            typer.echo(f"{'ok  ' if finding.well else 'BAD '} {finding.what}: {finding.words}")
            if not finding.well and finding.remedy:
                typer.echo(f"     {finding.remedy}")
    finally:
        site.database.dispose()
    if not sound:
        raise typer.Exit(1)
