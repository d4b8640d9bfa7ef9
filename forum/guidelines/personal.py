"""Where the guidelines name somebody who was erased, the name goes."""

from __future__ import annotations

from forum.guidelines.models import Guidelines
from forum.personal import Part, scrubs

PART = Part(name="guidelines", tables=frozenset({"guidelines"}), steps=(scrubs(Guidelines, "source", cooked=True),))
