"""What happens to the site itself."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from forum.events import StaffAction


class BrandPart(enum.StrEnum):
    NAME = "name"
    LOGO = "logo"
    COLOURS = "colours"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandingChanged(StaffAction):
    parts: tuple[BrandPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelinesChanged(StaffAction):
    """`shown`: there are guidelines now."""

    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsPublished(StaffAction):
    """A version of the terms is in force; `required_from` is a day such as 20270131, 0 where nobody is asked again."""

    version_id: int
    asks_again: bool
    required_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChanged(StaffAction):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged(StaffAction):
    """`setting` is the option under which it is kept."""

    setting: str
    before: bool | int | str
    after: bool | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTested(StaffAction):
    """`accepted`: the mail server took the letter."""

    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdminMade(StaffAction):
    """Somebody who knew the set-up code became the first admin."""

    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStepPutOff(StaffAction):
    """`put_off`: it is left for later; else it is taken up again."""

    step: enum.StrEnum
    put_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOpened(StaffAction):
    pass
