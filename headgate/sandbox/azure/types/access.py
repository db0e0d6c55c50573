"""Who may do what: role definitions, role assignments, and the outside tokens that may act as an identity."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import OPERATOR_ID, is_uuid, key
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"
CREDENTIAL = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
_MOST_CREDENTIALS = 20


def _author(body: Body, _view: View) -> dict[str, Any]:
    return {"createdBy": OPERATOR_ID, "updatedBy": OPERATOR_ID, "createdOn": body["systemData"]["createdAt"]}


def _definition(body: Body, view: View) -> dict[str, Any]:
    return {**_author(body, view), "type": body["properties"].get("roleType") or "CustomRole"}


def _principal_is_uuid(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    principal = str(body["properties"].get("principalId", ""))
    if is_uuid(principal):
        return None
    return bad_request(
        "InvalidPrincipalId", f"A valid principal ID must be provided for role assignment: '{principal}'."
    )


def _assignment_is_new(body: Body, old: Body | None, view: View) -> ArmError | None:
    """One principal has one role once on a scope, whatever the assignment's name; and a name is one in the tenant."""
    if old is not None:
        return None
    wanted = body["properties"]
    for other in view.of_type(ASSIGNMENT):
        theirs = other["properties"]
        same_role = _last(theirs.get("roleDefinitionId")) == _last(wanted.get("roleDefinitionId"))
        if same_role and theirs.get("principalId") == wanted.get("principalId") and _scope(other) == _scope(body):
            return ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
        if other["name"].lower() == body["name"].lower():
            return ArmError(
                409,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
    return None


def _assignable_there(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Give a role of one's own where its definition says, and nowhere else."""
    role = _last(body["properties"].get("roleDefinitionId"))
    for definition in view.of_type(DEFINITION):
        if definition["name"].lower() != role:
            continue
        scopes = [key(scope) for scope in definition["properties"].get("assignableScopes") or []]
        if not any(_scope(body) == scope or _scope(body).startswith(f"{scope}/") for scope in scopes):
            return bad_request(
                "RoleAssignmentScopeNotAssignableToRoleDefinition",
                f"The role assignment scope '{_scope(body)}' must match the assignable scopes of role definition "
                f"'{role}'.",
            )
    return None


def _definition_is_whole(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    if body["properties"].get("assignableScopes"):
        return None
    return bad_request("MissingAssignableScopes", "The role definition must have at least one assignable scope.")


def _role_name_is_new(body: Body, old: Body | None, view: View) -> ArmError | None:
    """Names of roles are one space in the tenant."""
    name = body["properties"].get("roleName")
    for other in view.of_type(DEFINITION):
        if other["properties"].get("roleName") == name and key(other["id"]) != key((old or body)["id"]):
            return ArmError(
                409,
                "RoleDefinitionWithSameNameExists",
                f"A custom role with the same name already exists in this directory. Use a different name: '{name}'.",
            )
    return None


def _role_is_unused(body: Body, view: View) -> ArmError | None:
    """Refuse to delete a role that somebody has."""
    holders = [
        other
        for other in view.of_type(ASSIGNMENT)
        if _last(other["properties"].get("roleDefinitionId")) == body["name"].lower()
    ]
    if not holders:
        return None
    return bad_request(
        "RoleDefinitionHasAssignments",
        f"There are existing role assignments referencing role (code: {body['name']}): {len(holders)}.",
    )


def _credential_is_whole(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse an issuer that is no address, a subject that is empty, more audiences than one."""
    wanted = body["properties"]
    if not str(wanted.get("issuer", "")).startswith("https://"):
        return bad_request("BadRequest", f"The issuer '{wanted.get('issuer')}' must be an https URL.", "issuer")
    if not wanted.get("subject"):
        return bad_request("BadRequest", "The subject must not be empty.", "subject")
    if len(wanted.get("audiences") or []) != 1:
        return bad_request("BadRequest", "There must be exactly one audience.", "audiences")
    return None


def _credential_is_new(body: Body, old: Body | None, view: View) -> ArmError | None:
    """Issuer and subject together are one credential of an identity, which holds no more than Azure's limit."""
    identity = body["id"].rsplit("/federatedIdentityCredentials/", 1)[0]
    others = [each["properties"] for each in view.children(identity, CREDENTIAL) if key(each["id"]) != key(body["id"])]
    wanted = body["properties"]
    if any(all(other.get(part) == wanted.get(part) for part in ("issuer", "subject")) for other in others):
        return ArmError(409, "Conflict", "Issuer and subject combination already exists for this Managed Identity.")
    if old is None and len(others) >= _MOST_CREDENTIALS:
        return bad_request(
            "BadRequest", f"A managed identity can have at most {_MOST_CREDENTIALS} federated identity credentials."
        )
    return None


def _last(value: object) -> str:
    return str(value).rsplit("/", 1)[-1].lower()


def _scope(body: Body) -> str:
    return str(body["id"]).lower().rsplit("/providers/", 1)[0]


TYPES = (
    TypeSpec(
        "managedidentity:FederatedIdentityCredential",
        in_group(
            "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
            "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
        ),
        NameRule(r"[a-zA-Z0-9][-\w]{2,119}", "3-120 letters, digits, '-' and '_', starting with a letter or digit"),
        location=LocationKind.NONE,
        seconds=1,
        rules=(_credential_is_whole, _credential_is_new),
        has_state=False,
    ),
    TypeSpec(
        "authorization:RoleAssignment",
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        NameRule(r"[0-9a-fA-F-]{36}", "a UUID", code="InvalidRoleAssignmentId"),
        Autoname.UUID,
        LocationKind.NONE,
        replaces=("principalId", "roleDefinitionId"),
        outputs=_author,
        rules=(_principal_is_uuid, _assignment_is_new, _assignable_there),
        has_state=False,
    ),
    TypeSpec(
        "authorization:RoleDefinition",
        "/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        NameRule(r"[0-9a-fA-F-]{36}", "a UUID", code="RoleDefinitionIdNotGuid"),
        Autoname.UUID,
        LocationKind.NONE,
        outputs=_definition,
        rules=(_definition_is_whole, _role_name_is_new),
        deletion_rules=(_role_is_unused,),
        has_state=False,
    ),
)
