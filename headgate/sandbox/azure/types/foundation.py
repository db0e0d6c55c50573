"""Resource groups, identities, roles, locks, budgets: what everything else stands on."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import CLIENT_ID, GROUP_PATH, OPERATOR_ID, TENANT_ID, is_uuid, stable_uuid
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_UUID = NameRule(r"[0-9a-fA-F-]{36}", "a UUID", code="InvalidRoleAssignmentId")
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"


def _identity(body: Body, _view: View) -> dict[str, Any]:
    return {
        "principalId": stable_uuid("principal", body["id"]),
        "clientId": stable_uuid("client", body["id"]),
        "tenantId": TENANT_ID,
    }


def _author(body: Body, _view: View) -> dict[str, Any]:
    return {"createdBy": OPERATOR_ID, "updatedBy": OPERATOR_ID, "createdOn": body["systemData"]["createdAt"]}


def _principal_is_uuid(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    principal = str(body["properties"].get("principalId", ""))
    if is_uuid(principal):
        return None
    return bad_request(
        "InvalidPrincipalId", f"A valid principal ID must be provided for role assignment: '{principal}'."
    )


def _assignment_is_new(body: Body, old: Body | None, view: View) -> ArmError | None:
    """One principal has one role once on a scope, whatever the assignment's name."""
    if old is not None:
        return None
    wanted = body["properties"]
    for other in view.of_type("Microsoft.Authorization/roleAssignments"):
        theirs = other["properties"]
        same_role = _last(theirs.get("roleDefinitionId")) == _last(wanted.get("roleDefinitionId"))
        if same_role and theirs.get("principalId") == wanted.get("principalId") and _scope(other) == _scope(body):
            return ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
    return None


def _last(value: object) -> str:
    return str(value).rsplit("/", 1)[-1].lower()


def _scope(body: Body) -> str:
    return str(body["id"]).lower().rsplit("/providers/", 1)[0]


def _definition(body: Body, view: View) -> dict[str, Any]:
    return {**_author(body, view), "type": body["properties"].get("roleType") or "CustomRole"}


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
        "managedidentity:FederatedIdentityCredential",
        in_group(_IDENTITY + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"),
        NameRule(r"[a-zA-Z0-9][-\w]{2,119}", "3-120 letters, digits, '-' and '_', starting with a letter or digit"),
        location=LocationKind.NONE,
        seconds=1,
        has_state=False,
    ),
    TypeSpec(
        "authorization:RoleAssignment",
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        _UUID,
        Autoname.UUID,
        LocationKind.NONE,
        replaces=("principalId", "roleDefinitionId"),
        outputs=_author,
        rules=(_principal_is_uuid, _assignment_is_new),
        has_state=False,
    ),
    TypeSpec(
        "authorization:RoleDefinition",
        "/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        NameRule(r"[0-9a-fA-F-]{36}", "a UUID", code="RoleDefinitionIdNotGuid"),
        Autoname.UUID,
        LocationKind.NONE,
        outputs=_definition,
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
