"""Templates: the environment they run in, and the two ways to render one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, MutableMapping, Sequence
from functools import cache
from functools import partial as bind
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.runtime import Context
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from forum import i18n
from forum.access import Privilege
from forum.brand import Brand
from forum.resources import folder
from forum.settings import Settings
from forum.slots import Filled, NavEntry
from forum.web import times
from forum.web.brands import last_brand, note_brand
from forum.web.fragments import ONCE, Fragments, with_tokens
from forum.web.pictures import avatar, icons
from forum.web.replies import FLASH_COOKIE, read_flash
from forum.web.routing import Routes, path_for
from forum.words.texts import word


class Compiled(BytecodeCache):
    """Compiled templates, kept for as long as the process lives: a second site in it compiles none again."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = Compiled()
THEMES = ("auto", "light", "dark")
OWN_HEADER, OWN_PLACE = (Markup(f"own-{secrets.token_urlsafe(24)}") for _ in range(2))  # noqa: S704 - URL-safe
"""Stand for what the frame shows of its reader, on a page that is made for many."""


class Templates(Environment):
    """All templates share one dictionary of globals, and nobody gives one of them others."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # Jinja lays a map over them for each template, and asks it for every name at every import.
        return super().make_globals(d) if d else self.globals


def environment(settings: Settings, routes: Routes) -> Environment:
    """The Jinja environment of one site; everything a template can call is listed here."""
    env = Templates(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a page of thirty answers asked the disk five hundred times whether anything had changed
        bytecode_cache=_COMPILED,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
    )
    env.policies["ext.i18n.trimmed"] = True
    path = bind(path_for, routes)
    env.globals.update(
        path=path,
        sign_in=_sign_in(path),
        asset=asset,
        draw_icon=icons(asset("icons.svg")),
        draw_avatar=avatar,
        icon_sprite=asset("icons.svg"),
        site={"demo": settings.demo, "base_url": settings.base_url},
        Privilege=Privilege,
        slot=slot,
        fragment=Fragments(env).draw,
        once=ONCE,
        locales=i18n.locales,
        direction=i18n.direction,
        language_name=i18n.language,
    )
    env.filters.update(when=times.when, date=times.date_, day=times.day, number=times.number, bytes=times.bytes_)
    return env


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page."""
    actor, shown = getattr(request.state, "actor", None), _shown_of(request, nav_of(request), brand_for(request))
    frame = {
        "flashes": read_flash(request),
        "own_header": _own_header(request, shown) if actor else "",
        "own_place": _own_place(request, shown),
    }
    page = _render(request, template, frame | context, shown)
    response = HTMLResponse(page, status_code=status)
    response.headers["Cache-Control"] = "private, no-store" if request.state.actor else "no-cache"
    response.headers["Vary"] = "Cookie, Accept-Language, HX-Request"
    if request.cookies.get(FLASH_COOKIE):
        response.delete_cookie(FLASH_COOKIE)
    return response


def partial(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A part of a page, for the script that asked; a waiting flash stays for the next page."""
    page = _render(request, template, {"flashes": [], **context}, _shown_of(request, (), brand_for(request)))
    response = HTMLResponse(page, status_code=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def nav_of(request: Request) -> tuple[NavEntry, ...]:
    """The entries of the navigation that the siblings have for the person behind a request."""
    actor, session = getattr(request.state, "actor", None), getattr(request.state, "session", None)
    if actor is None or not actor.handle or session is None or not session.is_active:
        return ()
    filled: Filled = request.state.site.slots.fill(session, actor, {"nav": [0]})
    return tuple(data for _template, data in filled.at("nav", 0))


def brand_for(request: Request) -> Brand:
    """What the site is called and looks like, as the session behind a request reads it."""
    site, session = request.state.site, getattr(request.state, "session", None)
    if session is not None and session.is_active:
        return note_brand(site, session)
    known: Brand | None = getattr(request.state, "brand", None)
    return known or last_brand(site)


def _render(request: Request, template: str, context: dict[str, Any], shown: Shown) -> str:
    site, actor = request.state.site, getattr(request.state, "actor", None)
    theme = request.cookies.get("theme", "")
    times.use_time_zone(actor.time_zone if actor else "UTC")
    page: str = site.templates.get_template(template).render(
        {
            "request": request,
            "actor": actor,
            "page_path": request.scope["path"],
            "query_string": request.scope["query_string"].decode("latin-1"),
            "theme": theme if theme in THEMES else THEMES[0],
            "locale": i18n.current_locale(),
            "word": bind(word, _session_of(request)),
            "slots": Filled(),
            **shown._asdict(),
            **context,
        }
    )
    return page if actor is not None and not actor.handle else with_tokens(page)


def _session_of(request: Request) -> Session | None:
    """The session of the page; the page of a refusal has none."""
    session: Session | None = getattr(request.state, "session", None)
    return session if session is not None and session.is_active else None


class Face(NamedTuple):
    """Who somebody is, as the head of a page shows it."""

    handle: str
    display_name: str
    reputation: int


class Shown(NamedTuple):
    """All that the frame of a page shows of its reader and of the site, and where the page stands."""

    frame_at: str
    face: Face | None
    unread: int
    nav: tuple[NavEntry, ...]
    brand: Brand


def own_parts(request: Request, nav: tuple[NavEntry, ...], brand: Brand) -> tuple[Markup, Markup]:
    """What stands at `OWN_HEADER` and at `OWN_PLACE` for the person behind a request."""
    shown = _shown_of(request, nav, brand)
    return _own_header(request, shown), _own_place(request, shown)


def _shown_of(request: Request, nav: tuple[NavEntry, ...], brand: Brand) -> Shown:
    actor, here = getattr(request.state, "actor", None), request.scope["path"]
    if actor is None:
        return Shown(here, None, 0, (), brand)
    face = Face(actor.handle, actor.display_name, actor.reputation)
    return Shown(_at(here, nav), face, actor.unread, nav, brand)


def _own_header(request: Request, shown: Shown) -> Markup:
    if not request.state.actor.handle:
        return OWN_HEADER
    return _drawn(request, "frame/_header.html", **shown._asdict(), searched="")


def _own_place(request: Request, shown: Shown) -> Markup:
    actor = getattr(request.state, "actor", None)
    if actor is not None and not actor.handle:
        return OWN_PLACE
    return _drawn(request, "live/_place.html", me=actor.id if actor else 0, unread=shown.unread)


def _drawn(request: Request, template: str, **values: Any) -> Markup:
    actor = getattr(request.state, "actor", None)
    times.use_time_zone(actor.time_zone if actor else "UTC")
    drawn: Markup = request.state.site.templates.globals["fragment"](template, **values)
    return drawn


def _at(path: str, nav: Sequence[NavEntry]) -> str:
    """Where a page stands, as far as the frame shows it: what an entry leads to, or else only the part of the site."""
    if path.count("/") == 1 or any(entry.href == path for entry in nav):
        return path
    return path[: path.index("/", 1) + 1]


def asset(name: str) -> str:
    """The address of a built asset, hashed so that it can be cached for good."""
    return f"/static/{_manifest().get(name, name)}"


@cache
def _manifest() -> dict[str, str]:
    file = folder("static") / "dist" / "manifest.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pass_context
def slot(context: Context, place: str, key: Any = 0) -> Markup:
    """What the siblings put into a place, for one row; a partial is given its `data` and `key`, nothing else."""
    env, parts = context.environment, context["slots"].at(place, key)
    return Markup("").join(
        Markup(env.get_template(template).render(data=data, key=key))  # noqa: S704 - a template escapes
        for template, data in parts
    )


def _sign_in(path: Callable[..., str]) -> Callable[[Any], str]:
    def sign_in(url: Any) -> str:
        """The sign-in page that leads back to an address of this site."""
        back = url.path + (f"?{url.query}" if url.query else "")
        return path("accounts.login", query={"next": back})

    return sign_in
