"""Threads over the API."""

from forum.threads.api.routes import router

__all__ = ["router"]
