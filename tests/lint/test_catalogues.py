"""A language is complete: each text has its translation, and no translation is of a text that is gone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(ROOT.glob("forum/locale/*/LC_MESSAGES/porchlight.po"))
KEPT = re.compile(r"%%|%\(\w+\)[sd]|\{\w*\}|</?\w+|&\w+;|`[^`]*`")
"""What a program reads in a text: placeholders, tags, entities, what is to be typed as it is."""
Key = tuple[str | None, str]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the source asks for now."""
    file = tmp_path_factory.mktemp("texts") / "porchlight.pot"
    subprocess.run(["make", "--silent", "extract", f"POT={file}"], cwd=ROOT, check=True, capture_output=True)
    return read(file)


@pytest.fixture(scope="module", params=CATALOGUES, ids=lambda file: file.parts[-3])
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


def test_each_text_is_translated(template: Catalog, catalogue: Catalog) -> None:
    have = {key(message): message for message in texts(catalogue)}

    assert [key(text) for text in texts(template) if not is_whole(have.get(key(text)), catalogue)] == []


def test_no_translation_is_left_of_a_text_that_is_gone(template: Catalog, catalogue: Catalog) -> None:
    assert sorted({key(text) for text in texts(catalogue)} - {key(text) for text in texts(template)}) == []
    assert not catalogue.obsolete


def test_a_translation_keeps_what_a_program_reads(catalogue: Catalog) -> None:
    assert [(key(text), lost) for text in texts(catalogue) if (lost := differences(text))] == []


def test_the_lint_sees_what_it_should() -> None:
    def lost(one: str | tuple[str, str], other: str | tuple[str, str]) -> list[str]:
        return differences(Message(one, other))

    assert lost("{count} of <b>all</b>", "<b>alle</b>, davon {count}") == []
    assert lost("{count} of all", "{anzahl} von allen") != []
    assert lost("<b>all</b>", "alle") != []
    assert lost(("one post", "{count} posts"), ("ein Beitrag", "{count} Beiträge")) == []
    assert lost(("one post", "{count} posts"), ("ein Beitrag", "viele Beiträge")) != []
    assert lost("Then ", "Dann") != []


def read(file: Path) -> Catalog:
    with file.open("rb") as lines:
        return read_po(lines)


def texts(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def key(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def is_whole(message: Message | None, catalogue: Catalog) -> bool:
    if message is None or message.fuzzy:
        return False
    forms = (message.string,) if isinstance(message.string, str) else message.string
    return all(forms) and len(forms) == (catalogue.num_plurals if message.pluralizable else 1)


def differences(message: Message) -> list[str]:
    """What stands in the text and not in its translation, or the other way round.

    A plural form may name the number or not, as a language says "one"; the last one must.
    """
    source = (message.id,) if isinstance(message.id, str) else message.id
    target = (message.string,) if isinstance(message.string, str) else message.string
    wrong = sorted(set(KEPT.findall(source[-1])) ^ set(KEPT.findall(target[-1])))
    known = set(KEPT.findall("".join(source)))
    wrong += [found for form in target for found in KEPT.findall(form) if found not in known]
    edges = [(text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]) for text in (source[-1], target[-1])]
    return wrong if edges[0] == edges[1] else [*wrong, "the space around it"]
