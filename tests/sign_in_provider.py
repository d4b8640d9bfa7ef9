"""A sign-in provider that is real enough to be wrong: it serves over HTTP, keeps sessions and codes, and signs tokens.

It holds a site to the standard: the redirect it registered, its secret, PKCE, codes good once. What a test bends
(claims, header, key, answers) is bent in the tokens and documents that it hands out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import escape
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

CLIENT, CLIENT_SECRET = "porchlight", "a secret between the two"
Claims = dict[str, Any]


@cache
def key(name: str) -> RSAKey:
    """One of its keys; a large prime takes a while to find, so all tests have the same."""
    return RSAKey.generate_key(2048, parameters={"kid": name, "use": "sig", "alg": "RS256"})


def _as_it_is(said: Claims) -> Claims:
    return said


@dataclass
class Provider:
    redirect_uri: str
    address: str = ""
    people: dict[str, Claims] = field(default_factory=dict)
    keys: list[str] = field(default_factory=lambda: ["first"])
    bend: Callable[[Claims], Claims] = _as_it_is
    bend_document: Callable[[Claims], Claims] = _as_it_is
    sign: Callable[[Claims], str] | None = None
    in_userinfo: bool = False
    tells_auth_time: bool = True
    ignores_prompt: bool = False
    broken: int = 0
    hang: threading.Event | None = None
    asked: Counter[str] = field(default_factory=Counter)
    sessions: dict[str, tuple[str, float]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def person(self, subject: str, **claims: Any) -> str:
        self.people[subject] = claims
        return subject

    def sign_in(self, subject: str, ago: float = 0) -> str:
        """Somebody is signed in here since a while; returns their cookie."""
        token = secrets.token_urlsafe(8)
        self.sessions[token] = (subject, time.time() - ago)
        return token

    def document(self) -> Claims:
        places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return self.bend_document(
            {
                "issuer": self.address,
                **{f"{name}_endpoint": f"{self.address}/{path}" for name, path in places.items()},
                "jwks_uri": f"{self.address}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def code_for(self, token: str, asked: dict[str, str]) -> str:
        """Where a browser goes back to, with a code for whoever is signed in."""
        code = secrets.token_urlsafe(16)
        subject, since = self.sessions[token]
        self.codes[code] = {**asked, "subject": subject, "since": str(since)}
        return self.back(asked, code=code)

    def back(self, asked: dict[str, str], **more: str) -> str:
        return f"{self.redirect_uri}?{urlencode({**more, 'state': asked.get('state', ''), 'iss': self.address})}"

    def redeem(self, given: dict[str, str]) -> Claims:
        asked = self.codes.pop(given.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        fits = (
            asked is not None
            and given.get("grant_type") == "authorization_code"
            and given.get("redirect_uri") == self.redirect_uri
            and asked["code_challenge"] == challenge.decode().rstrip("=")
        )
        if asked is None or not fits:
            return {"error": "invalid_grant"}
        access, subject, moment = secrets.token_urlsafe(16), asked["subject"], int(time.time())
        self.tokens[access] = subject
        claims: Claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": subject,
            "iat": moment,
            "exp": moment + 300,
            "nonce": asked["nonce"],
            **({"auth_time": int(float(asked["since"]))} if self.tells_auth_time else {}),
            **({} if self.in_userinfo else self.people[subject]),
        }
        signed = (self.sign or self.signed)(self.bend(claims))
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def signed(self, claims: Claims, by: str | None = None) -> str:
        by = by or self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": by}, claims, key(by), registry=JWSRegistry(algorithms=["RS256"]))


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._answer(dict(parse_qsl(body, keep_blank_values=True)))

    def _answer(self, posted: dict[str, str]) -> None:
        provider, parts = self.provider, urlsplit(self.path)
        query, name = dict(parse_qsl(parts.query)), parts.path.rpartition("/")[2]
        provider.asked[name] += 1
        if provider.hang is not None:
            provider.hang.wait(60)
        if provider.broken:
            self._say(provider.broken, "text/html", "<h1>Out of order</h1>")
        elif name == "openid-configuration":
            self._json(provider.document())
        elif name == "keys":
            self._json({"keys": [key(one).as_dict(private=False) for one in provider.keys]})
        elif name == "authorize":
            self._authorize(query, posted)
        elif name == "token":
            self._token(posted)
        elif name == "userinfo":
            subject = provider.tokens[self.headers["Authorization"].removeprefix("Bearer ")]
            self._json({"sub": subject, **provider.people[subject]})
        else:
            self._say(404, "text/plain", "nothing")

    def _authorize(self, asked: dict[str, str], posted: dict[str, str]) -> None:
        """Whoever is signed in goes straight back; others say who they are, which is all the proof it takes here."""
        provider = self.provider
        wanted = {"client_id": CLIENT, "redirect_uri": provider.redirect_uri, "response_type": "code"}
        wanted |= {"code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()):
            self._say(400, "text/plain", "no such client, redirect or PKCE")
            return
        if "deny" in posted:
            self._leave(provider.back(asked, error="access_denied"))
            return
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("provider-session")
        token = cookie.value if cookie else ""
        if posted.get("who") in provider.people:
            token = provider.sign_in(posted["who"])
            self._leave(provider.code_for(token, asked), f"provider-session={token}; Path=/; HttpOnly")
        elif token in provider.sessions and (asked.get("prompt") != "login" or provider.ignores_prompt):
            self._leave(provider.code_for(token, asked))
        else:
            buttons = "".join(
                f'<button name="who" value="{escape(one)}">I am {escape(one)}</button>' for one in provider.people
            )
            form = f'<form method="post">{buttons}<button name="deny">No</button></form>'
            self._say(200, "text/html", f"<!doctype html><title>Who are you?</title>{form}")

    def _token(self, posted: dict[str, str]) -> None:
        kind, _space, given = self.headers.get("Authorization", "").partition(" ")
        name, _colon, word = base64.b64decode(given).decode().partition(":") if kind == "Basic" else ("", "", "")
        if (unquote(name), unquote(word)) != (CLIENT, CLIENT_SECRET):
            self._json({"error": "invalid_client"}, 401)
            return
        answer = self.provider.redeem(posted)
        self._json(answer, 400 if "error" in answer else 200)

    def _leave(self, address: str, cookie: str = "") -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", address)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, answer: Claims, status: int = 200) -> None:
        self._say(status, "application/json", json.dumps(answer))

    def _say(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """It is quiet."""


@contextmanager
def running_provider(redirect_uri: str) -> Iterator[Provider]:
    """A provider that serves at a free port of this machine until the block ends."""
    provider = Provider(redirect_uri)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"provider": provider}))
    server.daemon_threads = True
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        if provider.hang is not None:
            provider.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()
