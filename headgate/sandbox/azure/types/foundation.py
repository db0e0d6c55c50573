"""Resource groups, identities, locks, budgets: what everything else stands on."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.ids import CLIENT_ID, GROUP_PATH, OPERATOR_ID, TENANT_ID, stable_uuid
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"


def _identity(body: Body, _view: View) -> dict[str, Any]:
    return {
        "principalId": stable_uuid("principal", body["id"]),
        "clientId": stable_uuid("client", body["id"]),
        "tenantId": TENANT_ID,
    }


TYPES = (
    TypeSpec(
        "resources:ResourceGroup",
        GROUP_PATH,
        NameRule(r"[-\w._()]{0,89}[-\w_()]", "1-90 letters, digits, '-', '_', '.', '(', ')', not ending in '.'"),
        replaces=("location",),
        seconds=2,
    ),
    TypeSpec(
        "managedidentity:UserAssignedIdentity",
        in_group(_IDENTITY),
        NameRule(r"[a-zA-Z0-9][-\w]{2,127}", "3-128 letters, digits, '-' and '_', starting with a letter or digit"),
        replaces=("location",),
        seconds=4,
        outputs=_identity,
        has_state=False,
    ),
    TypeSpec(
        "authorization:ManagementLockByScope",
        "/{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        NameRule(r"[-\w.()]{1,90}", "1-90 letters, digits, '-', '_', '.', '(', ')'"),
        location=LocationKind.NONE,
        has_state=False,
    ),
    TypeSpec(
        "consumption:Budget",
        "/{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
        NameRule(r"[-\w]{1,63}", "1-63 letters, digits, '-' and '_'"),
        location=LocationKind.NONE,
        replaces=("category", "timeGrain"),
        outputs=lambda _body, _view: {"currentSpend": {"amount": 0, "unit": "USD"}},
        has_state=False,
    ),
)


def client_config() -> dict[str, str]:
    """Return who the sandbox takes its only caller for."""
    from headgate.sandbox.azure.ids import SUBSCRIPTION_ID

    return {
        "clientId": CLIENT_ID,
        "objectId": OPERATOR_ID,
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
    }
