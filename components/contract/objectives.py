"""Contract of ServiceObjectives: what a team promises beyond what each of its models does, and what it may cost."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.monitoring import EscalationDelay
from components.contract.ownership import Ownership


class ServiceObjectivesArgs(TypedDict):
    """What ServiceObjectives takes."""

    ownership: Ownership
    """Who answers for what is promised, and hears of its alerts by that name."""
    resource_group: pulumi.Input[str]
    """Resource group of the teams' alerts."""
    region: str
    """Region in which measurements are kept."""
    metrics_workspace_id: pulumi.Input[str]
    """Where measurements are kept."""
    documents: list[str]
    """Objectives, each an OpenSLO v1 document of kind SLO, as YAML or JSON."""
    namespace: NotRequired[str]
    """Namespace of the team; needed with a budget."""
    monthly_budget: NotRequired[float]
    """What all that the team runs may cost a month, by the tunables' prices; not watched by default."""
    action_groups: pulumi.Input[dict[str, str]]
    """Who is told, by the name of the step."""
    escalation: list[EscalationDelay]
    """The steps, as the platform has them."""
    runbooks: str
    """Address under which docs/runbooks is published."""
