"""Both storages keep, give back, list and let go; what does not work is said in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from forum.app import build_site
from forum.checks import check
from forum.clock import now
from forum.errors import Unavailable
from forum.settings import Settings, SettingsError
from forum.storage import CHUNK, Bucket, Folder, Missing, Storage, storage_at, try_out


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A local S3; its credentials are whatever the environment says."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(s3) -> str:
    import boto3  # noqa: PLC0415

    name = f"files-{uuid4().hex[:8]}"
    boto3.client("s3", endpoint_url=s3, region_name="us-east-1").create_bucket(Bucket=name)
    return f"s3://{name}/some/where?endpoint={s3}&region=us-east-1"


@pytest.fixture(params=["folder", "bucket"])
def storage(request, tmp_path) -> Storage:
    url = str(tmp_path / "files") if request.param == "folder" else request.getfixturevalue("bucket_url")
    return storage_at(url)


def test_what_is_kept_comes_back_in_pieces(storage):
    data = os.urandom(3 * CHUNK + 17)
    storage.put("ab/one", data)
    pieces = list(storage.read("ab/one"))

    assert b"".join(pieces) == data
    assert len(pieces) > 1


def test_what_is_let_go_is_missing_and_may_be_let_go_again(storage):
    storage.put("ab/one", b"words")
    storage.delete("ab/one")
    storage.delete("ab/one")

    with pytest.raises(Missing):
        next(storage.read("ab/one"))


def test_everything_is_listed_with_its_size_and_time(storage):
    storage.put("ab/one", b"1")
    storage.put("cd/two", b"22")
    found = sorted(storage.all())

    assert [(kept.key, kept.size) for kept in found] == [("ab/one", 1), ("cd/two", 2)]
    assert all(now() - timedelta(minutes=5) < kept.written_at < now() + timedelta(minutes=5) for kept in found)


def test_trying_it_out_leaves_nothing(storage):
    try_out(storage)

    assert list(storage.all()) == []


def test_an_empty_storage_is_empty(storage):
    assert list(storage.all()) == []


def test_a_folder_is_for_its_owner_alone(tmp_path):
    storage = Folder(tmp_path / "files")
    storage.put("ab/one", b"words")

    assert (tmp_path / "files" / "ab" / "one").stat().st_mode & 0o077 == 0


def test_a_folder_that_is_none_is_said_in_words(tmp_path):
    (tmp_path / "files").write_text("in the way")

    with pytest.raises(Unavailable):
        Folder(tmp_path / "files").put("ab/one", b"words")


def test_a_bucket_that_does_not_answer_is_said_in_words(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    with pytest.raises(Unavailable):
        Bucket("nowhere", "", endpoint="http://127.0.0.1:9", region="us-east-1").put("a", b"b")


def test_check_says_whether_files_can_be_kept(settings, bucket_url, tmp_path):
    (tmp_path / "in-the-way").write_text("no folder")
    wells = {}
    for url in (bucket_url, bucket_url.replace("s3://files-", "s3://other-"), str(tmp_path / "in-the-way")):
        site = build_site(replace(settings, storage_url=url))
        wells[url] = next(finding for finding in check(site) if finding.what == "files")
        site.database.dispose()
    good, other, blocked = wells.values()

    assert good.well
    assert (other.well, blocked.well) == (False, False)
    assert "PORCHLIGHT_STORAGE_URL" in other.remedy


@pytest.mark.parametrize("url", ["s3://", "ftp://x", "files", "s3://b?secret=1", "s3://key:secret@bucket", "file:///x"])
def test_a_storage_that_cannot_be_stops_the_start(tmp_path, url):
    with pytest.raises(SettingsError, match="STORAGE_URL"):
        Settings.from_env({"PORCHLIGHT_VAR": str(tmp_path), "PORCHLIGHT_STORAGE_URL": url})


def test_files_lie_in_var_unless_something_else_is_said(tmp_path):
    assert Settings.from_env({"PORCHLIGHT_VAR": str(tmp_path)}).files_at == str(tmp_path / "files")
