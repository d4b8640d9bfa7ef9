"""What a page is to somebody who fills in its forms: their fields, what is said beside them, and what could run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = {"text", "search", "email", "url", "tel", "password", "number", "date", "time"}
LANDMARKS = {"header", "nav", "main", "footer", "form"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SCRIPTABLE = re.compile(r"\s*(javascript|vbscript|data):", re.I)


@dataclass
class Control:
    name: str
    kind: str
    value: str = ""
    longest: int | None = None
    required: bool = False
    offered: list[str] = field(default_factory=list)
    wrong: bool = False
    described: str = ""

    @property
    def is_typed(self) -> bool:
        return self.kind in TYPED or self.kind == "textarea"


@dataclass
class PageForm:
    action: str
    method: str
    multipart: bool
    controls: list[Control] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({one.name for one in self.controls}))

    def typed(self) -> Iterator[Control]:
        yield from (one for one in self.controls if one.is_typed)

    def control(self, name: str) -> Control | None:
        return next((one for one in self.controls if one.name == name and one.kind != "hidden"), None)


class Reading(HTMLParser):
    """`text` is what can be read, without its edges and with single spaces."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[PageForm] = []
        self.shape: list[str] = []
        self.active: list[str] = []
        self.errors: dict[str, str] = {}
        self.alerts = 0
        self._outside = PageForm("", "get", multipart=False)
        self._open: list[str] = []
        self._words: list[str] = []
        self._area: Control | None = None
        self._choice: Control | None = None
        self._error: str | None = None
        self.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
        self.close()

    @property
    def is_whole(self) -> bool:
        """Whether there is a head, one main part and a foot, and all that was opened is closed in its turn."""
        open_, frame = [], []
        for one in self.shape:
            if not one.startswith("/"):
                open_.append(one)
                frame += [one] if len(open_) == 1 and one != "form" else []
            elif not open_ or open_.pop() != one[1:]:
                return False
        return not open_ and frame == ["header", "main", "footer"]

    @property
    def text(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._look_for_what_runs(tag, given)
        if tag in LANDMARKS:
            self.shape.append(tag)
        if given.get("role") == "alert" or "data-error" in given:
            self.alerts += 1
        if tag == "form":
            self.forms.append(
                PageForm(
                    given.get("action", ""),
                    given.get("method", "get").lower(),
                    given.get("enctype") == "multipart/form-data",
                )
            )
            self._outside = self.forms[-1]
        elif tag in {"input", "textarea", "select"} and given.get("name"):
            self._control(tag, given)
        elif tag == "option" and self._choice:
            self._choice.offered.append(given.get("value", ""))
            if "selected" in given or len(self._choice.offered) == 1:
                self._choice.value = self._choice.offered[-1]
        elif tag == "p" and "error" in given.get("class", "").split():
            self._error = given.get("id", "")
            self.errors[self._error] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in LANDMARKS:
            self.shape.append(f"/{tag}")
        if tag == "form":
            self._outside = PageForm("", "get", multipart=False)
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._choice = None
        elif tag == "p":
            self._error = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._area is not None:
            self._area.value += data if self._area.value else data.removeprefix("\n")
        if self._error is not None:
            self.errors[self._error] += data

    def handle_comment(self, data: str) -> None:
        self.active.append(f"<!--{data[:60]}-->")

    def _control(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower() if tag == "input" else tag
        one = Control(
            given["name"],
            kind,
            given.get("value", "on" if kind in {"checkbox", "radio"} else ""),
            int(given["maxlength"]) if given.get("maxlength", "").isdigit() else None,
            "required" in given,
            wrong=given.get("aria-invalid") == "true",
            described=given.get("aria-describedby", ""),
        )
        if "readonly" in given or "disabled" in given or kind in {"submit", "button"}:
            return
        if kind in {"checkbox", "radio"}:
            one.offered = [one.value] if "checked" not in given else [one.value, "checked"]
        self._outside.controls.append(one)
        if tag == "textarea":
            self._area = one
            one.value = ""
        elif tag == "select":
            self._choice = one

    def _look_for_what_runs(self, tag: str, given: dict[str, str]) -> None:
        if tag in {"iframe", "object", "embed", "base", "applet"} and not given.get("src", "/").startswith("/"):
            self.active.append(f"<{tag}>")
        if tag == "script" and not given.get("src", "").startswith("/") and given.get("type") != "application/json":
            self.active.append("<script> of its own")
        for name, value in given.items():
            if name.startswith("on") or (name in {"href", "src", "action", "formaction"} and SCRIPTABLE.match(value)):
                self.active.append(f"{name}={value[:60]}")
