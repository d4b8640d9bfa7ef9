"""Images that strangers send: whatever they claim, what comes out is pixels, and no more of them than was agreed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from forum.errors import Invalid
from forum.uploads import pictures
from forum.uploads.intake import look_at
from forum.uploads.limits import Limits
from forum.uploads.models import FileKind
from tests.forum.uploads.pictures import animation, opened, picture, png_bomb, with_place_and_words

SCRIPT = b"<script>canary-script()</script>"
ROOT = Path(__file__).resolve().parents[3]


def taken(name: str, data: bytes, **limits: int):
    return look_at(name, data, Limits(**limits))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_honest_image_stays_what_it_is(kind):
    ready = taken(f"a.{kind.lower()}", picture(kind))

    assert ready.kind is FileKind.IMAGE
    assert (opened(ready.data).format, ready.width, ready.height) == (kind, 64, 48)
    assert opened(ready.thumbnail).format == "WEBP"


def test_place_time_comment_and_profile_are_gone_and_the_image_stands_upright():
    sent = with_place_and_words()
    assert b"canary-camera" in sent
    ready = taken("holiday.jpeg", sent)

    assert (ready.name, ready.width, ready.height) == ("holiday.jpeg", 60, 120)
    assert not [word for word in (b"canary", b"Exif", b"ICC_PROFILE") if word in ready.data + ready.thumbnail]
    assert opened(ready.data).getpixel((30, 10))[2] < 60, "the yellow end was on the left, and is on top"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_see_through_stays_so(kind):
    assert opened(taken("a.png", picture(kind, colour=(1, 2, 3, 0))).data).convert("RGBA").getpixel((0, 0))[3] == 0


def test_text_in_a_png_is_gone():
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info = PngInfo()
    info.add_text("Comment", "canary-text")
    info.add_itxt("XML:com.adobe.xmp", "canary-xmp")
    sent = picture("PNG", pnginfo=info)
    assert b"canary-text" in sent

    assert b"canary" not in taken("a.png", sent).data


def test_a_large_image_is_scaled_down():
    ready = taken("a.jpg", picture("JPEG", (4000, 1000)))

    assert (ready.width, ready.height) == (2048, 512)
    assert max(opened(ready.thumbnail).size) == 480


def test_sixteen_bits_of_grey_stay_grey():
    from PIL import Image  # noqa: PLC0415

    file = BytesIO()
    Image.new("I;16", (20, 20), 0x8000).save(file, "PNG")

    assert 120 <= opened(taken("a.png", file.getvalue()).data).getpixel((5, 5))[0] <= 136


def test_more_pixels_than_agreed_are_refused_by_the_header_alone():
    sent = png_bomb(20_000, 20_000)
    assert len(sent) < 64 * 1024

    with pytest.raises(Invalid, match="400 megapixels; 24 is the most"):
        taken("a.png", sent)


def test_a_webp_that_claims_a_huge_canvas_is_refused_before_there_is_room_made_for_it():
    sent = bytearray(animation("WEBP"))
    assert sent[12:16] == b"VP8X"
    sent[24:30] = (16_000).to_bytes(3, "little") * 2

    with pytest.raises(Invalid, match="megapixels"):
        taken("a.webp", bytes(sent))


def test_the_largest_image_that_is_taken_costs_a_bounded_amount_of_memory(tmp_path):
    """In a process of its own: what it takes beyond what it started with."""
    (tmp_path / "bomb.png").write_bytes(png_bomb(6000, 4000))
    script = (
        "import resource, pathlib; from forum.uploads.intake import look_at; from forum.uploads.limits import Limits\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"ready = look_at('a.png', pathlib.Path({str(tmp_path / 'bomb.png')!r}).read_bytes(), Limits())\n"
        "print(ready.width, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    width, megabytes = map(int, done.stdout.split())

    assert width == 2048
    print(megabytes, "MB")
    assert megabytes < 300


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_goes_on_moving(kind):
    ready = taken("a.gif", animation(kind, frames=4))

    assert (ready.name, ready.media_type) == ("a.webp", "image/webp")
    assert opened(ready.data).n_frames == 4


def test_an_animation_with_too_many_frames_is_refused():
    with pytest.raises(Invalid, match="too many frames"):
        taken("a.gif", animation(frames=12), frames=10)


def test_frames_that_are_too_many_pixels_together_are_refused():
    with pytest.raises(Invalid, match="too many frames"):
        taken("a.gif", animation(frames=8, size=(600, 600)), megapixels=1)


def test_a_still_gif_becomes_a_png():
    assert taken("dot.gif", picture("GIF")).name == "dot.png"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp"])
@pytest.mark.parametrize(
    "data", [b"<html>" + SCRIPT, b"<svg onload='x()'>", b"GIF", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_image_is_refused_whatever_it_is_called(name, data):
    with pytest.raises(Invalid, match="no image that can be read"):
        taken(name, data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_half_an_image_is_refused(kind):
    sent = picture(kind, (900, 700)) if kind != "GIF" else animation(frames=2, size=(300, 300))
    noisy = sent[: len(sent) // 2]

    with pytest.raises(Invalid):
        taken("a.png", noisy)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_was_hidden_behind_an_image_is_gone(kind):
    ready = taken("a.png", picture(kind) + SCRIPT)

    assert b"canary" not in ready.data


def test_a_gif_that_is_a_script_as_well_comes_out_as_neither():
    sent = bytearray(picture("GIF"))
    polyglot = bytes(sent) + b"*/=1;canary-script()//"

    ready = taken("evil.js.gif", polyglot)
    assert (ready.name, ready.media_type, b"canary" in ready.data) == ("evil.js.png", "image/png", False)


def test_an_image_under_another_name_is_an_image_all_the_same():
    assert taken("crash.log", picture("PNG")).name == "crash.log.png"


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.exe", "a", "a.png.xhtml", ".htaccess"])
def test_endings_that_are_not_on_the_list_are_refused(name):
    with pytest.raises(Invalid, match="not taken"):
        taken(name, b"<svg xmlns='http://www.w3.org/2000/svg'/>")


def test_a_zip_bomb_is_never_opened_and_stays_as_it_came():
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("zeros", bytes(50_000_000))
    ready = taken("logs.zip", file.getvalue())

    assert ready.data == file.getvalue()
    assert (ready.kind, ready.media_type) == (FileKind.OTHER, "application/octet-stream")


def test_an_empty_file_is_refused():
    with pytest.raises(Invalid, match="empty"):
        taken("a.txt", b"")


def test_nothing_that_is_broken_at_random_gets_further_than_a_refusal():
    """Every byte of each kind's head, flipped one after another."""
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        sent = bytearray(picture(kind))
        for place in range(min(len(sent), 160)):
            broken = bytes(sent[:place]) + bytes([sent[place] ^ 0xFF]) + bytes(sent[place + 1 :])
            try:
                ready = pictures.remake(broken, megapixels=1, frames=10)
            except Invalid:
                continue
            assert ready.width * ready.height <= 1_000_000
