"""A demonstration, where anybody can be anybody, answers this machine only, however it was started."""

from __future__ import annotations

import ipaddress

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OnlyHere:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_elsewhere((scope.get("client") or ("",))[0]):
            refusal = PlainTextResponse(
                "This is a demonstration: it answers the machine it runs on, and nobody else.", 403
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_elsewhere(client: str) -> bool:
    """Whether a peer is known to sit at another machine; one without an address came by a socket of this one."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_loopback
