"""Codes of an app: the shared secret, kept encrypted, and a check that takes each code once.

Its libraries are loaded by whoever first uses them: 20 MB that a process without a code to check need not hold.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from io import BytesIO
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.accounts.factors.models import TotpSecret
from forum.clock import now
from forum.settings import Settings

if TYPE_CHECKING:
    from pyotp import TOTP

PERIOD = 30
DRIFT = 1
"""How many periods a code may be old or early."""
OFFERED = 60 * 60
"""Seconds in which an offered secret can be taken up."""


def offer(settings: Settings, account_id: int) -> tuple[str, str]:
    """A new secret for an app, and the same sealed for the form that takes it up: nothing is kept before that."""
    from pyotp import random_base32  # noqa: PLC0415

    secret = random_base32()
    return secret, _seal(settings, f"{account_id}:{secret}")


def offered(settings: Settings, account_id: int, sealed: str) -> str | None:
    """The secret in a form, if it was offered to this account, and lately."""
    owner, _, secret = (_unseal(settings, sealed, ttl=OFFERED) or "").partition(":")
    return secret if owner == str(account_id) else None


def keep(session: Session, settings: Settings, account_id: int, secret: str, step: int) -> None:
    """Let this secret be the account's, in place of any before; the code of its time step was just used."""
    row = session.get(TotpSecret, account_id, with_for_update=True)
    if row is None:
        row = TotpSecret(account_id=account_id)
        session.add(row)
    row.secret, row.last_step, row.created_at = _seal(settings, secret), step, now()
    session.flush()


def step_of(secret: str, code: str) -> int | None:
    """The time step that a code belongs to, if it is right about now."""
    current, totp = int(now().timestamp()) // PERIOD, _totp(secret)
    for step in range(current - DRIFT, current + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def take(session: Session, settings: Settings, account_id: int, code: str) -> bool:
    """Whether a code is right and was not taken before; then it is taken, for whoever asks first."""
    row = session.execute(select(TotpSecret.secret).where(TotpSecret.account_id == account_id)).one_or_none()
    if row is None:
        return False
    secret = _unseal(settings, row.secret)
    step = None if secret is None else step_of(secret, code)
    if step is None:
        return False
    later = (TotpSecret.account_id == account_id, TotpSecret.last_step < step)
    taken = update(TotpSecret).where(*later).values(last_step=step).returning(TotpSecret.account_id)
    return session.execute(taken).one_or_none() is not None


def address(secret: str, site_name: str, handle: str) -> str:
    """What an app reads from the picture."""
    return _totp(secret).provisioning_uri(name=handle, issuer_name=site_name.replace(":", " "))


def picture(text: str, title: str) -> str:
    """A QR code as SVG that stands in a page without any style of its own."""
    import segno  # noqa: PLC0415

    out = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", scale=5, border=4, xmldecl=False, svgns=True, dark="#000", light="#fff", title=title)
    return out.getvalue().decode()


def _totp(secret: str) -> TOTP:
    from pyotp import TOTP  # noqa: PLC0415

    return TOTP(secret, interval=PERIOD)


def _seal(settings: Settings, text: str) -> str:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet(_key(settings)).encrypt(text.encode()).decode()


def _unseal(settings: Settings, sealed: str, *, ttl: int | None = None) -> str | None:
    """What was sealed; None when it is too old, was changed, or was sealed under another secret of the site."""
    from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415

    try:
        return Fernet(_key(settings)).decrypt(sealed, ttl=ttl).decode()
    except (InvalidToken, ValueError):
        return None


def _key(settings: Settings) -> bytes:
    key = hmac.new(settings.secret.encode(), b"porchlight: secrets of code apps", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(key)
