"""Microsoft Sentinel on a log workspace: kept, and simulated only."""

from __future__ import annotations

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_SENTINEL = "Microsoft.OperationalInsights/workspaces/{workspaceName}/providers/Microsoft.SecurityInsights"


def _onboarded(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a connector to a workspace that Sentinel does not watch."""
    workspace = body["id"].split("/providers/Microsoft.SecurityInsights/")[0]
    if view.children(workspace, "Microsoft.SecurityInsights/onboardingStates"):
        return None
    return bad_request("BadRequest", f"The workspace '{workspace}' is not onboarded to Microsoft Sentinel.")


TYPES = (
    TypeSpec(
        "securityinsights:SentinelOnboardingState",
        in_group(_SENTINEL + "/onboardingStates/{sentinelOnboardingStateName}"),
        location=LocationKind.NONE,
        replaces=("customerManagedKey",),
        only_name="default",
        seconds=10,
        has_state=False,
    ),
    TypeSpec(
        "securityinsights:ASCDataConnector",
        in_group(_SENTINEL + "/dataConnectors/{dataConnectorId}"),
        NameRule(r"[0-9a-fA-F-]{36}", "a UUID"),
        Autoname.UUID,
        LocationKind.NONE,
        replaces=("kind", "subscriptionId"),
        seconds=2,
        rules=(_onboarded,),
        has_state=False,
    ),
)
