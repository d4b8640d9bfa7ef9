"""How times and figures are printed: in the reader's own zone and language."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup

from forum import i18n

# Not in the templates' context, for the macros that print times are compiled once, without one.
_time_zone: ContextVar[str] = ContextVar("time_zone", default="UTC")


def time_zone() -> str:
    return _time_zone.get()


def use_time_zone(name: str) -> None:
    """From here on in this request, print times in this zone."""
    _time_zone.set(name)


def when(moment: datetime) -> Markup:
    """A time as people say it: relative where a script runs, otherwise in their own zone and language."""
    return _when(moment, _time_zone.get(), i18n.current_locale())


@lru_cache(maxsize=8192)
def _when(moment: datetime, zone: str, locale: str) -> Markup:
    absolute = _format_date(moment, "medium", zone, locale)
    return Markup('<relative-time datetime="{}" title="{}">{}</relative-time>').format(
        moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        absolute,
        absolute,
    )


def date_(moment: datetime, style: str = "medium") -> str:
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


def bytes_(size: int) -> str:
    """A size in the unit in which it is easiest to read."""
    value, unit = float(size), "byte"
    for larger in ("kilobyte", "megabyte", "gigabyte", "terabyte"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    rounded = round(value, 1) if value < 10 and unit != "byte" else round(value)
    return format_unit(rounded, f"digital-{unit}", "short", locale=i18n.current_locale())


def number(value: float) -> str:
    return _format_number(value, i18n.current_locale())


@lru_cache(maxsize=4096)
def _format_number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)
