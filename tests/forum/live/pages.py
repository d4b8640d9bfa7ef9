"""What pages embed for their scripts to compare with."""

from __future__ import annotations

import json
from typing import Any

from bs4 import BeautifulSoup


def embedded(html: str) -> dict[str, Any]:
    """What a page says it shows, by subject."""
    found = BeautifulSoup(html, "html.parser").select("[data-live]")
    return {one["data-live"]: json.loads(one["data-facts"]) for one in found}
