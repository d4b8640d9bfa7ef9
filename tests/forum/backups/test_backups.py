"""A backup taken while people write, brought back: all that was acknowledged is there, and nobody who was erased."""

from __future__ import annotations

import json
import tarfile
import threading
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, func, make_url, select, text, update
from typer.testing import CliRunner

from forum import cli, schema
from forum.accounts.models import Account, AccountSession
from forum.app import build_site
from forum.backups import postgresql
from forum.backups.backup import backup
from forum.backups.manifest import BackupError, Manifest
from forum.backups.restore import restore, unpack
from forum.clock import now
from forum.erasures import log
from forum.jobs import Worker, Workshop
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.storage import storage_at
from forum.threads.actions import post_answer
from forum.threads.models import Answer
from forum.uploads.actions import add_file
from forum.uploads.intake import keep, look_at
from forum.uploads.limits import Limits
from forum.votes.actions import cast_vote
from tests.conftest import SECRET, SERVER

CHECKS = (cli._check_reputation, cli._check_log)


@pytest.fixture
def elsewhere(settings, tmp_path):
    """The settings of an empty machine."""
    var = tmp_path / "elsewhere"
    var.mkdir()
    if not SERVER:
        yield replace(settings, var=var, database_url=f"sqlite:///{var / 'porchlight.sqlite3'}")
        return
    name = f"porchlight_restored_{uuid.uuid4().hex[:12]}"
    server = create_engine(make_url(SERVER).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    yield replace(settings, var=var, database_url=url)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "backups"
    made.mkdir()
    return made


def bring_back(settings, file, **words):
    return restore(settings, file, build=build_site, checks=CHECKS, **words)


def opened(settings):
    return build_site(settings, rate_limits=False).database


def test_all_that_was_acknowledged_before_is_there_however_busy_it_is(
    site, database, make, thread, folder, settings, elsewhere
):
    """Writers go on throughout; what each was told before the backup began is in it, with all that hangs on it."""
    stop, told, lock = threading.Event(), [], threading.Lock()
    voter = make.actor(make.account("voter", reputation=500))
    people = [make.actor(make.account(f"writer{number}", reputation=500)) for number in range(3)]

    def write(actor):
        while not stop.is_set():
            body = cook(f"Answer {uuid.uuid4()} says to restart it.")
            answer = database.write(lambda session, body=body: post_answer(session, actor, thread.id, body))
            ref = PostRef(PostKind.ANSWER, answer.id)
            database.write(lambda session, ref=ref: cast_vote(session, voter, ref, 1))
            with lock:
                told.append(answer.id)

    threads = [threading.Thread(target=write, args=(actor,)) for actor in people]
    for one in threads:
        one.start()
    while len(told) < 20:
        stop.wait(0.01)
    with lock:
        acknowledged = list(told)
    file = backup(settings, database, folder)
    stop.set()
    for one in threads:
        one.join()
    manifest, again = bring_back(elsewhere, file)
    restored = opened(elsewhere)

    assert again == 0
    assert len(told) > len(acknowledged)  # they did write meanwhile
    with restored.reading() as session:
        there = set(session.scalars(select(Answer.id)))
        assert set(acknowledged) <= there
        assert manifest.counts["answers"] == len(there)
        assert session.scalar(text("SELECT count(*) FROM search_index")) >= len(acknowledged)
    restored.dispose()


def test_the_manifest_says_what_is_in_it(database, make, thread, folder, settings):
    (settings.var / "files" / "ab").mkdir(parents=True)
    (settings.var / "files" / "ab" / "picture.png").write_bytes(b"picture")
    (settings.var / "secret").write_text(SECRET)
    file = backup(settings, database, folder / "one.tar")
    with tarfile.open(file) as archive:
        said = json.loads(archive.extractfile("manifest.json").read())
        names = set(archive.getnames())

    assert said["engine"] == database.dialect
    assert said["schema"] == "0020" or said["schema"] > "0020"
    assert said["counts"]["threads"] == 1
    assert set(said["members"]) == names - {"manifest.json"}
    assert "files/ab/picture.png" in names
    assert "secret" not in names
    assert file.stat().st_mode & 0o077 == 0
    two = backup(settings, database, folder / "two.tar", with_secret=True)
    assert "secret" in unpack(two, settings.var / "apart").members


def test_files_and_secret_come_back(database, thread, folder, settings, elsewhere):
    (settings.var / "files" / "ab").mkdir(parents=True)
    (settings.var / "files" / "ab" / "picture.png").write_bytes(b"picture")
    (settings.var / "secret").write_text(SECRET)
    bring_back(elsewhere, backup(settings, database, folder, with_secret=True))

    assert (elsewhere.var / "files/ab/picture.png").read_bytes() == b"picture"
    assert (elsewhere.var / "secret").read_text() == SECRET


def test_files_are_taken_from_where_they_lie_and_put_where_they_lie_now(
    database, thread, folder, settings, elsewhere, tmp_path
):
    here = replace(settings, storage_url=str(tmp_path / "disk"))
    there = replace(elsewhere, storage_url=str(tmp_path / "other disk"))
    storage_at(here.files_at).put("ab/picture.png", b"picture")
    (tmp_path / "disk" / "ab" / "half.png.0a.part").write_bytes(b"pic")
    bring_back(there, backup(here, database, folder))

    assert [kept.key for kept in storage_at(there.files_at).all()] == ["ab/picture.png"]
    assert b"".join(storage_at(there.files_at).read("ab/picture.png")) == b"picture"
    assert not (elsewhere.var / "files").exists()


def test_of_files_in_a_bucket_it_says_where_they_lie(database, thread, folder, settings, elsewhere):
    told = []
    bucket = replace(settings, storage_url="s3://community/files?region=eu-west-1")
    file = backup(bucket, database, folder, told=told.append)
    manifest, _again = bring_back(elsewhere, file, told=told.append)

    assert manifest.files_at == "s3://community/files"
    assert "Uploaded files lie in s3://community/files, and are not in the backup." in told
    assert any("bring them to where they lie now" in line for line in told)


def test_files_of_somebody_who_was_erased_since_do_not_come_back(site, database, make, folder, settings, elsewhere):
    ana = make.account("ana")
    kept = keep(site.storage, look_at("diary.txt", b"Dear diary", Limits()))
    with database.writing() as session:
        add_file(session, make.actor(ana), kept)
    file = backup(settings, database, folder)
    _erase(site, make, make.admin("root"), "ana")
    assert list(site.storage.all()) == []
    log.add(elsewhere.var / log.NAME, log.read(settings.var / log.NAME))
    bring_back(elsewhere, file)
    restored = build_site(elsewhere, rate_limits=False)
    Workshop(restored.database, restored.jobs).drain()

    assert list(restored.storage.all()) == []
    restored.database.dispose()


def test_a_site_that_is_there_is_replaced_only_when_one_says_so(database, make, thread, folder, settings):
    file = backup(settings, database, folder)
    late = make.account("late")
    with pytest.raises(BackupError, match="--replace"):
        bring_back(settings, file)
    with database.reading() as session:
        assert session.get(Account, late.id) is not None
    database.dispose()
    bring_back(settings, file, replace_all=True)

    with opened(settings).reading() as session:
        assert session.get(Account, late.id) is None
        assert session.scalars(select(Account.handle).where(Account.id == thread.author_id)).one() == "ana"


def test_not_while_the_site_runs(database, make, thread, folder, settings):
    file = backup(settings, database, folder)
    with database.writing() as session:
        session.add(Worker(name="here", seen_at=now()))

    with pytest.raises(BackupError, match="Stop it first"):
        bring_back(settings, file, replace_all=True)


def test_everybody_signs_in_again(database, make, asker, browser, folder, settings, elsewhere):
    browser.sign_in(asker)
    bring_back(elsewhere, backup(settings, database, folder))

    with opened(elsewhere).reading() as session:
        assert session.scalar(select(func.count()).select_from(AccountSession)) == 0


def test_who_was_erased_since_is_erased_again(site, database, make, folder, settings, elsewhere):
    ana = make.account("ana", display_name="Ana Lopes")
    make.thread(author=make.account("otto"), body="Hello @ana, look here.")
    file = backup(settings, database, folder)
    admin = make.admin("root")
    _erase(site, make, admin, "ana")
    log.add(elsewhere.var / log.NAME, log.read(settings.var / log.NAME))
    _manifest, again = bring_back(elsewhere, file)

    assert again == 1
    with opened(elsewhere).reading() as session:
        assert session.get_one(Account, ana.id).handle == f"deleted-{ana.id}"
        assert "ana" not in session.scalar(text("SELECT source FROM threads")).split()


def test_a_later_backup_in_the_same_folder_is_enough_to_know(site, database, make, folder, settings, elsewhere):
    ana = make.account("ana")
    old = backup(settings, database, folder / "old.tar")
    _erase(site, make, make.admin("root"), "ana")
    backup(settings, database, folder / "new.tar")
    _manifest, again = bring_back(elsewhere, old)

    assert again == 1
    with opened(elsewhere).reading() as session:
        assert session.get_one(Account, ana.id).email is None
    assert list(log.read(elsewhere.var / log.NAME))  # and the next restore knows, too


def test_the_site_that_is_replaced_is_asked_too(site, database, make, folder, settings):
    ana = make.account("ana")
    old = backup(settings, database, folder / "old.tar")
    _erase(site, make, make.admin("root"), "ana")
    (settings.var / log.NAME).unlink()
    database.dispose()
    _manifest, again = bring_back(settings, old, replace_all=True)

    assert again == 1
    with opened(settings).reading() as session:
        assert session.get_one(Account, ana.id).handle.startswith("deleted-")


@pytest.mark.parametrize("harm", ["cut off", "changed", "no manifest", "other"])
def test_a_damaged_backup_is_refused_and_changes_nothing(database, thread, folder, settings, elsewhere, harm):
    file = backup(settings, database, folder / "one.tar")
    said = bytearray(file.read_bytes())
    if harm == "cut off":
        file.write_bytes(said[: len(said) // 2])
    elif harm == "changed":
        said[len(said) // 3] ^= 0xFF
        file.write_bytes(said)
    elif harm == "no manifest":
        with tarfile.open(file, "w") as archive:
            archive.add(__file__, "database.sqlite3")
    else:
        file.write_bytes(b"not a tar")

    with pytest.raises(BackupError):
        bring_back(elsewhere, file)
    assert [one for one in elsewhere.var.iterdir() if one.name != "porchlight.sqlite3"] == []


def test_a_path_that_leads_out_of_a_backup_is_refused(folder, elsewhere, tmp_path):
    file, evil = folder / "evil.tar", tmp_path / "evil"
    evil.write_text("x")
    with tarfile.open(file, "w") as archive:
        archive.add(evil, "../../evil-was-here")

    with pytest.raises(BackupError):
        bring_back(elsewhere, file)
    assert not (elsewhere.var.parent / "evil-was-here").exists()


def test_a_backup_by_a_newer_program_is_refused(database, thread, folder, settings, elsewhere):
    _retell(backup(settings, database, folder / "one.tar"), schema="9999")

    with pytest.raises(BackupError, match="newer program"):
        bring_back(elsewhere, folder / "one.tar")


def test_a_backup_of_the_other_engine_is_refused(database, thread, folder, settings, elsewhere):
    _retell(backup(settings, database, folder / "one.tar"), engine="oracle")

    with pytest.raises(BackupError, match="a backup of oracle"):
        bring_back(elsewhere, folder / "one.tar")


def test_an_older_shape_is_brought_up_to_date(database, make, thread, folder, settings, elsewhere):
    database.dispose()
    schema.downgrade(settings.database_url, "0015")
    copied = folder / "old.tar"
    try:
        _old_backup(settings, copied)
    finally:
        schema.upgrade(settings.database_url)
    bring_back(elsewhere, copied)

    restored = opened(elsewhere)
    assert schema.is_current(restored.writer)
    with restored.reading() as session:
        assert session.scalars(select(Account.handle).where(Account.id == thread.author_id)).one() == "ana"


def test_what_does_not_hold_together_is_not_put_in_place(database, make, thread, folder, settings, elsewhere):
    with database.writing() as session:
        session.execute(update(Account).values(reputation=77))
    file = backup(settings, database, folder)

    with pytest.raises(BackupError, match="does not hold together"):
        bring_back(elsewhere, file)
    if not SERVER:
        assert not Path(make_url(elsewhere.database_url).database).exists()


def test_it_never_writes_over_a_file(database, thread, folder, settings):
    (folder / "one.tar").write_text("mine")

    with pytest.raises(BackupError, match="there already"):
        backup(settings, database, folder / "one.tar")
    assert (folder / "one.tar").read_text() == "mine"
    with pytest.raises(BackupError, match="no folder"):
        backup(settings, database, folder / "none" / "one.tar")


@pytest.mark.skipif(not SERVER, reason="SQLite needs no program")
def test_without_pg_dump_it_says_what_to_install(database, thread, folder, settings, monkeypatch):
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(BackupError, match="postgresql-client"):
        backup(settings, database, folder)


@pytest.mark.skipif(not SERVER, reason="SQLite needs no program")
def test_a_pg_dump_that_is_too_old_says_so(database, thread, folder, settings, monkeypatch):
    old = folder / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 11.2'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(BackupError, match="version 11"):
        backup(settings, database, folder)


@pytest.mark.skipif(not SERVER, reason="SQLite has no password")
def test_the_password_stands_in_no_list_of_processes(database, thread, folder, settings, monkeypatch):
    seen = []
    real = postgresql.subprocess.run
    monkeypatch.setattr(
        postgresql.subprocess, "run", lambda command, **words: (seen.append(command), real(command, **words))[1]
    )
    backup(settings, database, folder)

    password = make_url(settings.database_url).password
    assert len(seen) == 2
    assert not any(f":{password}@" in str(part) for command in seen for part in command)


def test_the_commands_back_up_and_restore(database, thread, folder, settings, elsewhere, monkeypatch):
    def porchlight(where, *arguments):
        monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", where.database_url)
        monkeypatch.setenv("PORCHLIGHT_VAR", str(where.var))
        monkeypatch.setenv("PORCHLIGHT_SECRET", SECRET)
        return CliRunner().invoke(cli.main, [str(one) for one in arguments])

    made = porchlight(settings, "backup", folder)
    assert made.exit_code == 0, made.output
    (file,) = folder.glob("*.tar")
    assert str(file) in made.output
    back = porchlight(elsewhere, "restore", file)
    assert back.exit_code == 0, back.output
    assert "Everybody signs in again." in back.output
    again = porchlight(elsewhere, "restore", file)
    assert again.exit_code == 1
    assert "--replace" in again.output
    structlog.reset_defaults()


def _erase(site, make, admin, handle):
    from forum import clock  # noqa: PLC0415
    from forum.erasures.actions import ask_for  # noqa: PLC0415

    with site.database.writing() as session:
        ask_for(session, make.actor(admin), handle, content=False, days=0, reason="A letter")
    for minutes in range(3):
        with clock.at(now() + timedelta(minutes=minutes)):
            Workshop(site.database, site.jobs).drain()


def _retell(file: Path, **changes) -> None:
    """The same backup with another manifest."""
    folder = file.parent / "again"
    folder.mkdir()
    manifest = unpack(file, folder)
    _pack_again(file, folder, replace(manifest, **changes))


def _pack_again(file: Path, folder: Path, manifest: Manifest) -> None:
    (folder / "manifest.json").write_bytes(manifest.dump())
    with tarfile.open(file, "w") as archive:
        for name in (*manifest.members, "manifest.json"):
            archive.add(folder / name, name)


def _old_backup(settings, to: Path) -> None:
    """A backup as the program of that time made it, before anybody could be erased."""
    from forum.backups import sqlite  # noqa: PLC0415
    from forum.backups.manifest import digest_of  # noqa: PLC0415

    engine = sqlite if settings.embedded else postgresql
    folder = to.parent / "parts"
    folder.mkdir()
    revision, counts = engine.copy(settings.database_url, folder / engine.MEMBER)
    members = {engine.MEMBER: digest_of(folder / engine.MEMBER)}
    name = "sqlite" if settings.embedded else "postgresql"
    _pack_again(to, folder, Manifest(now().isoformat(), "0.1", name, revision, counts, members))
