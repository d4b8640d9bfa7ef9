"""Tickets over the API."""

from support.tickets.api.routes import router

__all__ = ["router"]
