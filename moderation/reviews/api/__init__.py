"""Reviews over the API."""

from moderation.reviews.api.routes import router
from moderation.reviews.api.subjects import threads_of_review

__all__ = ["router", "threads_of_review"]
