"""Which alert explains which others: while the first stands, nobody is told of the rest.

Owns the table. Alertmanager takes it as it is; Azure's alerts can't be inhibited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# The alerts of an escalation are those of its first step, held longer.
_STEPS = "(Step[0-9]+)?"


@dataclass(frozen=True)
class Inhibition:
    """While `source` stands, its `targets` are not told where all labels of `equal` are the same."""

    source: str
    targets: tuple[str, ...]
    equal: tuple[str, ...]
    reason: str

    def document(self) -> dict[str, Any]:
        """Return the rule as Alertmanager reads it. Only the source's first step counts: it stands as long as any."""
        return {
            "source_matchers": [f'alertname="{self.source}"'],
            "target_matchers": [f'alertname=~"({"|".join(self.targets)}){_STEPS}"'],
            **({"equal": list(self.equal)} if self.equal else {}),
        }


_BURNS = ("ErrorBudgetBurn1h", "ErrorBudgetBurn6h", "ErrorBudgetBurn1d", "ErrorBudgetBurn3d")

INHIBITIONS = (
    Inhibition(
        "RegionNotServing",
        (
            "FailoverActive",
            "GpuPodsPending",
            "ModelPodsNotReady",
            "ModelPullsFail",
            "ModelQueueLong",
            "ModelTurnsRequestsAway",
        ),
        ("region",),
        "of a region that serves nothing, nothing else is news; objectives go on, since users are hurt",
    ),
    Inhibition(
        "RegistryDown",
        ("AdmissionFactsOld", "ModelPodsNotReady", "ModelPullsFail"),
        (),
        "without the registry no pod can pull, in any region, and no gate hears of models",
    ),
    Inhibition(
        "AdmissionGateDown",
        ("AdmissionFactsOld", "AdmissionGateSlow"),
        ("region",),
        "a gate that does not answer is not slow, and hears nothing",
    ),
    Inhibition(
        "CertificateExpiresNow",
        ("CertificateExpiresSoon",),
        ("region", "certificate"),
        "the last warning says what the first did",
    ),
    Inhibition("LedgerCollectorDown", ("LedgerNotReceiving",), (), "what does not answer receives nothing"),
    *(
        Inhibition(faster, _BURNS[place:], ("slo",), "a budget that burns faster is the same fault, seen earlier")
        for place, faster in enumerate(_BURNS[:-1], 1)
    ),
)
