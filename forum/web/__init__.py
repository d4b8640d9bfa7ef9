"""Where a request meets a thread, a transaction and a person."""

from forum.web.forms import Form, choices
from forum.web.handlers import Reply, act, page
from forum.web.rendering import partial, render
from forum.web.replies import moved_for_now, see_other, wants_fragment
from forum.web.routing import Access, Route
from forum.web.site import Site

__all__ = [
    "Access",
    "Form",
    "Reply",
    "Route",
    "Site",
    "act",
    "choices",
    "moved_for_now",
    "page",
    "partial",
    "render",
    "see_other",
    "wants_fragment",
]
