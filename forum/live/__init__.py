"""Live updates: an open page hears that what it shows has moved, never more of it than its reader may know.

A package adds the kinds of subject that its pages show (`Kinds.add`); a page names its subjects, and the
stream at /live tells how each stands now and whenever that changes. The page compares that with what it shows.
"""

from forum.live.hub import Live
from forum.live.subjects import NOTHING, Kind, Kinds, Shown

__all__ = ["NOTHING", "Kind", "Kinds", "Live", "Shown"]
