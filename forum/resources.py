"""Where templates, assets and migrations lie: beside the packages in a checkout, inside `forum` in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def folder(name: str) -> Path:
    """The folder of that name, as installed or, failing that, as checked out."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
