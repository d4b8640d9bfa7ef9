"""What people chose to hear of: a level for a thread, a tag, a product or a person."""

from forum.following.models import Follow, Level, Subject
from forum.following.queries import level_of

__all__ = ["Follow", "Level", "Subject", "level_of"]
