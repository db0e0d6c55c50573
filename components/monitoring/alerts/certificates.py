"""Certificates that run out."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "certificates"
_DAY = 86400


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return a warning, and a last one."""
    tune = scope.tunables.certificates
    left = "min by (region, certificate) (headgate_certificate_not_after_timestamp_seconds) - time()"
    words = "It runs out in {{ $value | humanizeDuration }}; renewal has failed."
    summary = "Certificate {{ $labels.certificate }} of {{ $labels.region }} runs out"
    return (
        Alert(
            name="CertificateExpiresSoon",
            expr=f"{left} < {tune.renew_days * _DAY:.0f}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="certificate-expiry",
            summary=summary,
            description=words,
            hold=tune.soon_for,
        ),
        Alert(
            name="CertificateExpiresNow",
            expr=f"{left} < {tune.urgent_days * _DAY:.0f}",
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="certificate-expiry",
            summary=summary,
            description=words,
            hold=tune.urgent_for,
        ),
    )
