"""Tickets over the API."""

from support.tickets.api.routes import router
from support.tickets.api.subjects import threads_of_ticket

__all__ = ["router", "threads_of_ticket"]
