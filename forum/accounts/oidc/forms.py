"""The forms around a trip to the provider. What has to be asked of it is asked while they are prepared."""

from __future__ import annotations

from typing import Self

from starlette.datastructures import FormData
from starlette.requests import Request
from wtforms import BooleanField, EmailField, StringField
from wtforms.validators import InputRequired, Length

from forum.accounts.forms import AgreeingForm, NextForm
from forum.accounts.oidc.models import Purpose
from forum.accounts.oidc.provider import Identity, ProviderError, Refused, Trip, provider_of
from forum.accounts.oidc.trips import BROWSER, Underway, come_back
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Form
from forum.web.site import Site

LONGEST_CODE = 4096
LONGEST_STATE = 200


class AwayForm(NextForm):
    """A button that leads to the provider, by the `trip` that is ready when it is pressed, or not for `trouble`."""

    anew = False
    remembered = BooleanField()
    joining = BooleanField()
    trip: Trip | None = None
    trouble: ProviderError | None = None

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        site: Site = request.state.site
        require_provider(site)
        form = await super().prepare(request)
        if not form.errors:
            try:
                form.trip = await provider_of(site.settings).trip(anew=cls.anew)
            except ProviderError as error:
                form.trouble = error
        return form


class ConfirmAwayForm(AwayForm):
    """The same to prove who one is, for which one has to sign in there once more."""

    anew = True
    code = StringField(lazy("Code from your app, or a recovery code"), [Length(max=40)], id="provider-code")


class CallbackForm(Form):
    """What the provider sent a browser back with: the `trip` that ends, and whom it vouches for or what is amiss.

    The trip is over before the provider is asked, in a transaction of its own: it leads to one answer.
    """

    trip: Underway | None = None
    identity: Identity | None = None
    trouble: ProviderError | None = None

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        site: Site = request.state.site
        require_provider(site)
        form, given, browser = cls(FormData()), request.query_params, request.cookies.get(BROWSER)
        state = given.get("state", "")[:LONGEST_STATE]
        form.trip = await site.write(lambda: site.database.write(lambda session: come_back(session, browser, state)))
        try:
            form.identity = await form._ask(site, given.get("code", ""), given.get("error", ""), given.get("iss"))
        except ProviderError as error:
            form.trouble = error
        return form

    async def _ask(self, site: Site, code: str, error: str, issuer: str | None) -> Identity:
        name = site.settings.oidc_name
        if self.trip is None:
            raise Refused(_("That took too long, was done already, or began in another browser. Start again."))
        if issuer is not None and issuer != site.settings.oidc_issuer:
            raise Refused(_("That answer did not come from {name}. Start again.").format(name=name))
        if error == "access_denied":
            raise Refused(_("You did not go on at {name}.").format(name=name))
        if error or not 0 < len(code) <= LONGEST_CODE:
            raise Refused(_("{name} did not let you in. Try again.").format(name=name))
        dated = self.trip.purpose is Purpose.CONFIRM
        return await provider_of(site.settings).identify(code, self.trip.verifier, self.trip.nonce, dated=dated)


class ArrivalForm(AgreeingForm):
    """What an account still needs that is made for somebody who came from the provider."""

    handle = StringField(lazy("Handle"), [InputRequired(lazy("Choose a handle.")), Length(max=64)])
    display_name = StringField(lazy("Display name"), [Length(max=200)])
    email = EmailField(lazy("E-mail address"), [Length(max=254)])


def require_provider(site: Site) -> None:
    """
    Raises:
        NotFound: this site has none.
    """
    if site.settings.oidc_issuer is None:
        raise NotFound(_("There is nothing at this address."))
