"""Templates: the environment they run in, and the two ways to render one."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from functools import cache, lru_cache
from functools import partial as bind
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from forum import i18n
from forum.access import Privilege
from forum.resources import folder
from forum.settings import Settings
from forum.slots import Filled
from forum.web.pictures import avatar, icons
from forum.web.replies import FLASH_COOKIE, read_flash
from forum.web.routing import Routes, path_for

# Not in the templates' context, for the macros that print times are compiled once, without one.
_time_zone: ContextVar[str] = ContextVar("time_zone", default="UTC")


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


def environment(settings: Settings, routes: Routes) -> Environment:
    """The Jinja environment of one site; everything a template can call is listed here."""
    env = Environment(
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
        site={"name": settings.site_name, "demo": settings.demo, "base_url": settings.base_url},
        Privilege=Privilege,
        slot=slot,
        locales=i18n.locales,
    )
    env.filters.update(when=when, date=_date, day=day, number=number)
    return env


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page."""
    flashes = read_flash(request)
    response = HTMLResponse(_render(request, template, {"flashes": flashes, **context}), status_code=status)
    response.headers["Cache-Control"] = "private, no-store" if request.state.actor else "no-cache"
    response.headers["Vary"] = "Cookie, Accept-Language, HX-Request"
    if request.cookies.get(FLASH_COOKIE):
        response.delete_cookie(FLASH_COOKIE)
    return response


def partial(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A part of a page, for the script that asked; a waiting flash stays for the next page."""
    response = HTMLResponse(_render(request, template, {"flashes": [], **context}), status_code=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _render(request: Request, template: str, context: dict[str, Any]) -> str:
    site, actor = request.state.site, getattr(request.state, "actor", None)
    session = getattr(request.state, "session", None)
    _time_zone.set(actor.time_zone if actor else "UTC")
    nav: list[Any] = []
    if actor is not None and session is not None and session.is_active:
        nav = [data for _template, data in site.slots.fill(session, actor, {"nav": [0]}).at("nav", 0)]
    return site.templates.get_template(template).render(  # type: ignore[no-any-return]
        {
            "request": request,
            "actor": actor,
            "unread": actor.unread if actor else 0,
            "nav": nav,
            "theme": request.cookies.get("theme", "auto"),
            "locale": i18n.current_locale(),
            "slots": Filled(),
            **context,
        }
    )


def asset(name: str) -> str:
    """The address of a built asset, hashed so that it can be cached for good."""
    return f"/static/{_manifest().get(name, name)}"


@cache
def _manifest() -> dict[str, str]:
    file = folder("static") / "dist" / "manifest.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pass_context
def slot(context: Context, place: str, key: Any = 0) -> Markup:
    """What the siblings put into a place, for one row."""
    parts = context["slots"].at(place, key)
    env = context.environment
    return Markup("").join(
        Markup(env.get_template(template).render({**context.get_all(), "data": data, "key": key}))  # noqa: S704
        for template, data in parts
    )


def when(moment: datetime) -> Markup:
    """A time as people say it: relative where a script runs, otherwise in their own zone and language."""
    absolute = _date(moment)
    return Markup('<relative-time datetime="{}" title="{}">{}</relative-time>').format(
        moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        absolute,
        absolute,
    )


def _date(moment: datetime, style: str = "medium") -> str:
    return _format_date(moment, style, _time_zone.get(), i18n.current_locale())


def day(value: date) -> str:
    """A day without its time, whose zone is the site's affair: UTC."""
    return format_date(value, "medium", locale=i18n.current_locale())


@lru_cache(maxsize=8192)
def _format_date(moment: datetime, style: str, zone: str, locale: str) -> str:
    return format_datetime(moment, style, tzinfo=_zone(zone), locale=locale)


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def number(value: float) -> str:
    return _format_number(value, i18n.current_locale())


@lru_cache(maxsize=4096)
def _format_number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)


def _sign_in(path: Callable[..., str]) -> Callable[[Any], str]:
    def sign_in(url: Any) -> str:
        """The sign-in page that leads back to an address of this site."""
        back = url.path + (f"?{url.query}" if url.query else "")
        return path("accounts.login", query={"next": back})

    return sign_in
