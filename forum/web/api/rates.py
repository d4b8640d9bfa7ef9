"""How often the API may be used, and what every reply says of it.

The headers are those of the IETF's draft on rate limits (`RateLimit-Policy`,
`RateLimit`): they name several policies in one reply, which the older `X-RateLimit-…`
cannot, and a call here counts for up to three.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forum.access import Actor
from forum.addresses import network_of
from forum.web.limits import too_many
from forum.web.shared_limits import Allowance
from forum.web.site import Site

ACCOUNT = "300/minute"
"""All tokens of one account together: a second token is no second share."""
ADDRESS = "1200/minute"
WRONG_TOKENS = "20/minute"
Allowances = dict[str, Allowance]


async def count_address(request: Request) -> None:
    """Before anything is read, from the event loop.

    Raises:
        TooMany: this address has asked too often, whoever it was.
    """
    site: Site = request.state.site
    allowance = await site.limits.use_from_loop(ADDRESS, "api", "address", network_of(request.state.address))
    _note(request, "address", allowance)


def count_wrong_token(request: Request) -> None:
    """
    Raises:
        TooMany: this address has sent too many tokens that open nothing.
    """
    _count(request, "wrong-tokens", WRONG_TOKENS, network_of(request.state.address))


def count_account(request: Request, actor: Actor, like: str | None) -> None:
    """Once it is known who asks; `like` names the page whose rate this shares, so that nobody has it twice.

    Raises:
        TooMany: this account has asked too often, or done this too often.
    """
    if "account" in request.state.allowances:
        return  # once a request, however often its transaction runs
    _count(request, "account", ACCOUNT, str(actor.id))
    site: Site = request.state.site
    if like is not None:
        _count(request, like, site.routes.rate_of(like), str(actor.id), kind="account")


def _count(request: Request, policy: str, rate: str, who: str, *, kind: str = "api") -> None:
    site: Site = request.state.site
    _note(request, policy, site.limits.use(rate, kind, policy, who))


def _note(request: Request, policy: str, allowance: Allowance | None) -> None:
    if allowance is None:
        return
    request.state.allowances[policy] = allowance
    if allowance.wait:
        raise too_many(allowance.wait)


class RateHeaders:
    """Puts what is left of each rate into the head of every reply, refusals and crashes among them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        allowances: Allowances = scope["state"].setdefault("allowances", {})

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start" and allowances:
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = ", ".join(
                    f'"{name}";q={one.amount};w={one.window}' for name, one in allowances.items()
                )
                headers["RateLimit"] = ", ".join(
                    f'"{name}";r={one.left};t={one.resets_in}' for name, one in allowances.items()
                )
            await send(message)

        await self.app(scope, receive, reply)
