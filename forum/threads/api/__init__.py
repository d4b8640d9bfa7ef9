"""Threads over the API."""

from forum.threads.api.routes import router
from forum.threads.api.subjects import register

__all__ = ["register", "router"]
