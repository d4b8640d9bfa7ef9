"""Whether a mail is from whom its signed address names.

The address proves that its writer has read the letter. That it was not forwarded to somebody else, who would then speak
in their name, is told by the From field; and that this is true, by a mail server of ours, where one is named.
"""

from __future__ import annotations

import re
from email.message import Message

from forum.mailin.addresses import split
from forum.settings import Settings

OTHER_ADDRESS = "other_address"
UNPROVEN = "unproven"
_RESULT = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*([a-z]+)([^;]*)", re.IGNORECASE)
_DOMAIN = {
    "spf": re.compile(r"smtp\.mailfrom\s*=\s*\"?(?:[^\s;@\"]*@)?([\w.-]+)", re.IGNORECASE),
    "dkim": re.compile(r"header\.(?:d|i)\s*=\s*\"?(?:[^\s;@\"]*@)?([\w.-]+)", re.IGNORECASE),
}


def why_not_proven(settings: Settings, message: Message, written_from: str, address: str | None) -> str | None:
    """What speaks against it; None when it is theirs."""
    if not address or not written_from or written_from.lower() != address.lower():
        return OTHER_ADDRESS
    if settings.inbound_auth_host and not authenticated(settings.inbound_auth_host, message, split(written_from)[1]):
        return UNPROVEN
    return None


def authenticated(host: str, message: Message, domain: str) -> bool:
    """Whether the named server says (RFC 8601) that this came from the domain.

    Servers put their fields on top, and ours takes out those that others made in its name: the first one counts.
    """
    for field in message.get_all("Authentication-Results", []):
        server, _semicolon, results = re.sub(r"\([^()]*\)", " ", str(field)).partition(";")
        if server.split()[:1] != [host]:
            continue
        found = [(one[1].lower(), one[2].lower(), one[3]) for one in _RESULT.finditer(results)]
        if said := [result for method, result, _facts in found if method == "dmarc" and result != "none"]:
            return said[0] == "pass"
        return any(result == "pass" and _aligned(method, facts, domain) for method, result, facts in found)
    return False


def _aligned(method: str, facts: str, domain: str) -> bool:
    pattern = _DOMAIN.get(method)
    found = pattern.search(facts) if pattern else None
    if found is None:
        return False
    proven = found[1].lower().rstrip(".")
    return proven == domain or domain.endswith(f".{proven}") or proven.endswith(f".{domain}")
