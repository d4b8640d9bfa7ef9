"""An admin, and the letters that go to others."""

from tests.forum.organisations.conftest import again, drain, links

__all__ = ["again", "drain", "links"]
