"""Telling people what concerns them, in the page and by mail."""

from forum.notifications.actions import notify
from forum.notifications.kinds import Group, add_kind, add_matter

__all__ = ["Group", "add_kind", "add_matter", "notify"]
