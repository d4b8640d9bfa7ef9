"""Communities that are made once and kept, by everything that goes into them; each run works on a copy."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from forum import schema
from forum.clock import now
from forum.markup import COOKER_VERSION
from forum.resources import folder
from tests.bench.seed.community import Size, seed
from tests.conftest import SERVER

KEPT = Path(__file__).resolve().parents[2] / "var" / "bench"


@contextmanager
def community(engine: str, size: Size, work: Path) -> Iterator[str]:
    """The URL of a copy of a seeded database, which is gone afterwards."""
    with _on_sqlite(size, work) if engine == "sqlite" else _on_postgresql(size) as url:
        yield url


def digest(size: Size) -> str:
    """Names a community: another seeder, schema, cooker or week makes another one.

    The week, because what is new and who helped lately would age with the copy.
    """
    files = [*(Path(__file__).parent / "seed").glob("*.py"), *(folder("migrations") / "versions").glob("*.py")]
    said = "".join(file.name + file.read_text() for file in sorted(files, key=lambda file: file.name))
    year, week, _day = now().isocalendar()
    return hashlib.sha256(f"{said}{COOKER_VERSION}{size}{year}{week}".encode()).hexdigest()[:10]


@contextmanager
def _on_sqlite(size: Size, work: Path) -> Iterator[str]:
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{size.threads}-{digest(size)}.sqlite3"
    if not kept.exists():
        for old in KEPT.glob(f"{size.threads}-*.sqlite3*"):
            old.unlink()
        making = kept.with_suffix(".making")
        making.unlink(missing_ok=True)
        print(f"Seeding {size.threads} threads on SQLite …", flush=True)
        schema.upgrade(f"sqlite:///{making}")
        seed(f"sqlite:///{making}", size)
        making.rename(kept)
    copy = work / f"{size.threads}.sqlite3"
    shutil.copyfile(kept, copy)
    try:
        yield f"sqlite:///{copy}"
    finally:
        for file in work.glob(f"{copy.name}*"):
            file.unlink()


@contextmanager
def _on_postgresql(size: Size) -> Iterator[str]:
    kept, copy = f"porchlight_bench_{size.threads}_{digest(size)}", f"porchlight_bench_run_{uuid.uuid4().hex[:12]}"
    server = create_engine(make_url(SERVER).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        there = set(admin.scalars(text("SELECT datname FROM pg_database WHERE datname LIKE 'porchlight_bench_%'")))
        if kept not in there:
            for old in (name for name in there if name.startswith(f"porchlight_bench_{size.threads}_")):
                admin.execute(text(f"DROP DATABASE {old}"))
            print(f"Seeding {size.threads} threads on PostgreSQL …", flush=True)
            making = f"{copy}_making"
            admin.execute(text(f"CREATE DATABASE {making} TEMPLATE template0 ENCODING 'UTF8'"))
            schema.upgrade(_named(making))
            seed(_named(making), size)
            admin.execute(text(f"ALTER DATABASE {making} RENAME TO {kept}"))
        admin.execute(text(f"CREATE DATABASE {copy} TEMPLATE {kept} STRATEGY FILE_COPY"))
        # The role that tests use commits without waiting for the disk; what is measured here waits for it.
        admin.execute(text(f"ALTER ROLE CURRENT_USER IN DATABASE {copy} SET synchronous_commit = on"))
    try:
        yield _named(copy)
    finally:
        with server.connect() as admin:
            admin.execute(text(f"DROP DATABASE {copy} WITH (FORCE)"))
        server.dispose()


def _named(database: str) -> str:
    return make_url(SERVER).set(database=database).render_as_string(hide_password=False)
