"""How long it is known that the log was verified."""

from __future__ import annotations

from forum.i18n import lazy
from forum.retention.rules import Rule, deletes
from moderation.audit.models import AuditCheck

RULE = Rule(
    "audit_checks",
    lazy("That the log was verified"),
    lazy("To see how often that was done; the log itself stays, and can be verified at any time."),
    days=365,
    least=30,
    most=3650,
    let_go=deletes(AuditCheck, lambda before: AuditCheck.asked_at < before),
)
