"""The audit ledger's collector: what is not recorded did not happen, as far as an auditor can tell."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "ledger"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts."""
    tune = scope.tunables.ledger
    reviews = 'sum(increase(http_request_duration_seconds_count{job="gate",method="post"}[15m]))'
    entries = "sum(increase(headgate_ledger_entries_total[15m]))"
    return (
        Alert(
            name="LedgerCollectorDown",
            # Of a platform that does not measure it nothing can be said: absence is no alarm here.
            expr='max(up{job="audit"}) == 0',
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="ledger-collector-down",
            summary="The audit ledger takes no entries",
            description=f"Its collector has not answered for {tune.down_for}; gates buffer their decisions meanwhile.",
            hold=tune.down_for,
        ),
        Alert(
            name="LedgerNotReceiving",
            expr=f"{reviews} > {tune.silent_reviews} and {entries} == 0",
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="ledger-not-receiving",
            summary="The gates decide, and nothing reaches the ledger",
            description="{{ $value | humanize }} reviews in a quarter of an hour, and not one entry.",
            hold=tune.silent_for,
        ),
        Alert(
            name="ChangedPastTheGates",
            # An hour, so that nobody who looks a little later finds it gone.
            expr="sum by (alarm) (increase(headgate_ledger_alerts_total[1h])) > 0",
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="changed-past-the-gates",
            summary="A stack or a cluster's gate was changed past the gates ({{ $labels.alarm }})",
            description="The ledger has what it was, and what was found: `headgate audit query --kind alert`.",
        ),
        _withheld(scope),
        *_kubernetes(scope),
        _refused(scope),
    )


def _withheld(scope: Scope) -> Alert:
    """Return the alert about what could not be masked."""
    return Alert(
        name="LedgerPayloadWithheld",
        expr="sum(increase(headgate_ledger_withheld_total[1h])) > 0",
        severity=Severity.WARNING,
        owner=scope.owner,
        runbook="ledger-payload-withheld",
        summary="The ledger keeps entries without their payload",
        description="{{ $value | humanize }} in an hour could not be masked; each says why.",
    )


def _kubernetes(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts about API servers' audit logs: what waits in them, and what was deleted before it was read."""
    tune = scope.tunables.ledger
    lost = "headgate_ledger_source_lost_seconds"
    return (
        Alert(
            name="KubernetesAuditLost",
            expr=f"{lost} > 0 and time() - {lost} < 3600",
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="kubernetes-audit-lost",
            summary="A part of {{ $labels.cluster }}'s audit is not in the ledger",
            description="Its API server deleted files of its log before the collector had read them.",
        ),
        Alert(
            name="KubernetesAuditWaits",
            expr=f"headgate_ledger_source_waiting_bytes > {tune.waiting_bytes}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="kubernetes-audit-lost",
            summary="{{ $labels.cluster }}'s audit waits in its log",
            description="{{ $value | humanize1024 }}B are not in the ledger; what is too old is deleted unread.",
            hold=tune.waiting_for,
        ),
    )


def _refused(scope: Scope) -> Alert:
    """Return the alert about events that are in no log, since no disk took them: the requests went on."""
    errors = "apiserver_audit_error_total"
    # The counter is there from its first error on, of which `increase` sees nothing.
    fresh = f"(sum by (cluster) ({errors}) > 0 unless sum by (cluster) ({errors} offset 15m))"
    return Alert(
        name="KubernetesAuditRefused",
        expr=f"sum by (cluster) (increase({errors}[15m])) > 0 or {fresh}",
        severity=Severity.CRITICAL,
        owner=scope.owner,
        runbook="kubernetes-audit-lost",
        summary="The API server of {{ $labels.cluster }} could not write its audit",
        description="{{ $value | humanize }} events are in no log, and what they are about was done: look at its disk.",
    )
