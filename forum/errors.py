"""What can go wrong in a way that a person should read about."""

from __future__ import annotations

from collections.abc import Mapping


class PorchlightError(Exception):
    """A refusal with words for the person; every subclass has its own HTTP status."""

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(PorchlightError):
    """There is no such thing, or none that this person may know of; the two must look alike."""

    status = 404


class Forbidden(PorchlightError):
    status = 403


class SignInRequired(PorchlightError):
    """Nobody is signed in; the web layer answers with the sign-in page and keeps what was posted."""

    status = 401


class EnrolmentRequired(Forbidden):
    """Their role asks for a second factor that they have not added yet; the web layer answers with where to add it."""


class ConsentRequired(Forbidden):
    """The terms ask for their agreement first; the web layer answers with these and keeps what was posted."""


class ConfirmationRequired(Forbidden):
    """They proved too long ago who they are; the web layer asks again and keeps what was posted."""


class Conflict(PorchlightError):
    """The act was allowed, but the thing has moved on since the person looked."""

    status = 409


class Invalid(PorchlightError):
    """Input that cannot be taken; `fields` maps a field to its message, "" holding what concerns no one field."""

    status = 422

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class TooLarge(PorchlightError):
    """More bytes than are taken."""

    status = 413


class TooMany(PorchlightError):
    """More than a rate allows; `retry_after` is in whole seconds."""

    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PorchlightError):
    """What the site stands on is away or overloaded: nobody's fault here, and worth another try in `retry_after` s."""

    status = 503

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Full(Unavailable):
    """There is no room left to save anything in."""

    status = 507
