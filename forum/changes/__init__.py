"""What moved: every write to what people can see leaves a row, and every process hears of it.

Triggers write the rows, in the write's own transaction, so no write can forget to, however it was made. A page
notes which tables and rows it read (`reads`), and a `Watch` tells whether any of them moved since.
"""

from forum.changes.reads import also_read, keyed, reading_of
from forum.changes.watch import Moved, Watch, build_watch

__all__ = ["Moved", "Watch", "also_read", "build_watch", "keyed", "reading_of"]
