"""Reviews over the API."""

from moderation.reviews.api.routes import router

__all__ = ["router"]
