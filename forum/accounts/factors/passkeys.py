"""Passkeys: what a browser is asked to sign, and the check of what it answers.

The library is an extra; without it, or at an address that browsers give no passkeys to, the site has none.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forum.accounts.factors.models import Ceremony, Passkey, PasskeyChallenge
from forum.accounts.models import Account
from forum.accounts.queries import token_hash
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.errors import Conflict, Invalid
from forum.i18n import gettext as _
from forum.settings import Settings

COOKIE = "passkey"
LIVES = timedelta(minutes=5)
MOST = 20
LONGEST_NAME = 80
LONGEST_ANSWER = 20_000


@cache
def installed() -> bool:
    return find_spec("webauthn") is not None


def offered(settings: Settings) -> bool:
    """Whether browsers would make passkeys for this site: they take a name, no number, and https but at home."""
    host = site_id(settings)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return installed() and (settings.https or host == "localhost")
    return False


def site_id(settings: Settings) -> str:
    """The name that passkeys are bound to."""
    return urlsplit(settings.base_url).hostname or ""


def ask(
    session: Session, settings: Settings, ceremony: Ceremony, account: Account | None = None
) -> tuple[dict[str, Any], str]:
    """What the browser's script hands to the passkey, and the cookie that binds it to this browser."""
    import webauthn  # noqa: PLC0415 - an extra
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, structs  # noqa: PLC0415

    known = own(session, account.id) if account is not None else []
    described = [structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in known]
    options: Any
    if ceremony is Ceremony.REGISTER and account is not None:
        options = webauthn.generate_registration_options(
            rp_id=site_id(settings),
            rp_name=settings.site_name,
            user_id=_user_handle(settings, account.id),
            user_name=account.handle,
            user_display_name=account.display_name,
            exclude_credentials=described,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
        )
    else:
        options = webauthn.generate_authentication_options(
            rp_id=site_id(settings),
            allow_credentials=described,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
    token = new_token()
    session.add(
        PasskeyChallenge(
            account_id=account.id if account is not None else None,
            ceremony=ceremony,
            token_hash=token_hash(token),
            challenge=bytes_to_base64url(options.challenge),
            expires_at=now() + LIVES,
        )
    )
    return cast(dict[str, Any], json.loads(webauthn.options_to_json(options))), token


def register(
    session: Session, settings: Settings, account: Account, cookie: str | None, answer: str, name: str
) -> Passkey:
    """Keep a new passkey of the account under a name.

    Raises:
        Invalid: no name; what came is not what this browser was asked for, or is known already.
        Conflict: the account has too many.
    """
    import webauthn  # noqa: PLC0415 - an extra
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid({"name": _("Give it a name of up to {most} characters.").format(most=LONGEST_NAME)})
    challenge = _take(session, cookie, Ceremony.REGISTER, account.id)
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    if (session.scalar(select(func.count()).select_from(Passkey).where(Passkey.account_id == account.id)) or 0) >= MOST:
        raise Conflict(_("You have {count} passkeys. Delete one that is not used any more.").format(count=MOST))
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site_id(settings),
            expected_origin=settings.base_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise Invalid({"": refusal()}) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None:
        raise Invalid({"": _("This passkey is known already.")})
    passkey = Passkey(
        account_id=account.id,
        name=name,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
    )
    session.add(passkey)
    session.flush()
    return passkey


def prove(
    session: Session, settings: Settings, ceremony: Ceremony, cookie: str | None, answer: str, account_id: int | None
) -> Account:
    """Whose passkey answered what this browser was asked; with an `account_id`, theirs alone will do.

    Raises:
        Invalid: nobody's, or it was asked something else, or its counter went back as that of a copy does.
    """
    import webauthn  # noqa: PLC0415 - an extra
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    challenge = _take(session, cookie, ceremony, account_id)
    try:
        given = json.loads(answer[:LONGEST_ANSWER])
        credential_id = str(given["id"])
        user_handle = given["response"].get("userHandle")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid({"": refusal()}) from error
    passkey = session.scalars(
        select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    ).one_or_none()
    account = session.get(Account, passkey.account_id) if passkey is not None else None
    if passkey is None or account is None or account.anonymised_at or account.offboarded_at:
        raise Invalid({"": refusal()})
    if account_id is not None and account.id != account_id:
        raise Invalid({"": refusal()})
    try:
        if user_handle and base64url_to_bytes(user_handle) != _user_handle(settings, account.id):
            raise Invalid({"": refusal()})
        proof = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site_id(settings),
            expected_origin=settings.base_url,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise Invalid({"": refusal()}) from error
    passkey.sign_count, passkey.last_used_at = proof.new_sign_count, now()
    return account


def own(session: Session, account_id: int) -> list[Passkey]:
    """The passkeys of an account, oldest first."""
    return list(
        session.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id).limit(MOST))
    )


def refusal() -> str:
    return _("That passkey did not fit. Try again, or use another way.")


def _take(session: Session, cookie: str | None, ceremony: Ceremony, account_id: int | None) -> str:
    """The challenge that this browser was given for this, which then is used."""
    asked = (
        PasskeyChallenge.token_hash == token_hash(cookie or ""),
        PasskeyChallenge.ceremony == ceremony,
        PasskeyChallenge.expires_at > now(),
    )
    of = PasskeyChallenge.account_id
    bound = of == account_id if account_id is not None else of.is_(None)
    taken = delete(PasskeyChallenge).where(*asked, bound).returning(PasskeyChallenge.challenge)
    challenge: str | None = session.execute(taken).scalar_one_or_none()
    if challenge is None:
        raise Invalid({"": _("That took too long, or was done already. Try again.")})
    return challenge


def _user_handle(settings: Settings, account_id: int) -> bytes:
    """What the passkey calls the account: the same each time, and nothing that tells who it is."""
    return hmac.new(settings.secret.encode(), f"passkeys of {account_id}".encode(), hashlib.sha256).digest()
