"""Bringing files over the API."""

from __future__ import annotations

import pytest

from forum.access import Scope
from forum.uploads.limits import WITH_FILES
from tests.forum.uploads.pictures import picture, png_bomb


def send(program, name="screen.png", data=None, **options):
    return program.post("/files", files={"file": (name, picture() if data is None else data)}, **options)


def test_a_file_is_brought_and_shown_in_a_thread(api, make, asker, browser):
    make.tag("sync")
    program = api(asker)
    made = send(program)
    assert made.status_code == 201
    file = made.json()
    assert made.headers["location"] == f"/api/v1/files/{file['id']}"
    assert file == {
        "id": file["id"],
        "url": f"/files/{file['id']}/64x48/screen.png",
        "name": "screen.png",
        "bytes": file["bytes"],
        "type": "image/png",
        "width": 64,
        "height": 48,
    }
    assert program.get(f"/files/{file['id']}").json() == file
    body = {"title": "What does this picture say?", "body": f"Look: ![it]({file['url']})", "tags": ["sync"]}
    assert program.post("/threads", body).status_code == 201

    assert len(browser.get(file["url"]).content) == file["bytes"]


def test_others_learn_nothing_of_it(api, asker, helper, agent):
    file = send(api(asker)).json()

    for account in (helper, agent):
        assert api(account).get(f"/files/{file['id']}").status_code == 404
    assert api(asker).get("/files/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    assert api(asker).get("/files/5").status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.png", png_bomb(9000, 9000), "81 megapixels"),
        ("a.png", b"<html>", "no image"),
        ("a.html", b"<html>", "not taken"),
        ("a.txt", b"", "empty"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_file(api, asker, name, data, words):
    refused = send(api(asker), name, data)

    assert refused.status_code == 422
    assert [(error["field"], words in error["detail"]) for error in refused.json()["errors"]] == [("file", True)]


def test_a_body_without_a_file_says_so(api, asker):
    refused = api(asker)("POST", "/files", files={"other": ("a.txt", b"x")})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "file"


def test_only_multipart_is_taken_here_and_only_json_elsewhere(api, asker):
    program = api(asker)

    assert program.post("/files", {"file": "x"}).status_code == 415
    assert program("POST", "/threads", files={"file": ("a.txt", b"x")}).status_code == 415


def test_nothing_is_read_of_a_stranger_or_a_token_that_may_only_read(api, asker, site):
    assert send(api()).status_code == 401
    assert send(api(asker, Scope.READ)).status_code == 403
    assert list(site.storage.all()) == []


def test_too_large_is_413_with_the_limit(api, asker):
    refused = send(api(asker), "a.log", b"x" * (8 * 1024 * 1024 + 1))
    assert (refused.status_code, "8 megabytes" in refused.json()["detail"]) == (413, True)
    head = {"Content-Length": str(WITH_FILES + 1), "Content-Type": "multipart/form-data; boundary=x"}

    assert api(asker)("POST", "/files", content=b"", headers=head).status_code == 413


def test_other_addresses_take_no_large_bodies(api, asker):
    assert api(asker).post("/threads", {"title": "x" * 300_000}).status_code == 413


def test_sent_twice_under_one_key_it_is_one_file(api, asker, site):
    program, key = api(asker), {"Idempotency-Key": "one"}
    body = {
        "files": {"file": ("a.log", b"words")},
        "headers": key | {"Content-Type": "multipart/form-data; boundary=x"},
    }
    content = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.log"\r\n\r\nwords\r\n--x--\r\n'
    first, second = (program("POST", "/files", content=content, headers=body["headers"]) for _ in range(2))

    assert (first.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotent-replayed"] == "true"
