"""Telling people what concerns them, in the page and by mail."""

from forum.notifications.actions import notify
from forum.notifications.kinds import add_kind

__all__ = ["add_kind", "notify"]
