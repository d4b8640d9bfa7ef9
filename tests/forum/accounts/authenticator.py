"""A passkey made of software: what a browser would hand to the server, signed for real."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def packed(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One key; `verifies` says whether it asks for a finger or PIN, `counter` how often it says it was used."""

    def __init__(self, origin: str = "http://localhost", rp_id: str = "localhost", *, verifies: bool = True) -> None:
        self.origin, self.rp_id, self.verifies = origin, rp_id, verifies
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.counter = 0
        self.user_handle = ""

    def create(self, options: dict[str, Any]) -> str:
        """The answer to what `/settings/security/passkeys/options` said."""
        self.user_handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        data = self._data(ATTESTED) + attested
        response = {
            "clientDataJSON": packed(self._client_data("webauthn.create", options)),
            "attestationObject": packed(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._answer(response)

    def get(self, options: dict[str, Any]) -> str:
        """The answer to what one of the pages for signing in asked."""
        self.counter += 1
        client_data, data = self._client_data("webauthn.get", options), self._data()
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": packed(client_data),
            "authenticatorData": packed(data),
            "signature": packed(signature),
            "userHandle": self.user_handle,
        }
        return self._answer(response)

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = packed(self.credential_id)
        answer = {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(answer)
