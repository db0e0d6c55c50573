"""Role assignments: least privilege, on one resource, with an id that does not change."""

import uuid
from collections.abc import Sequence

import pulumi
from pulumi_azure_native import authorization

from components import names

NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
MONITORING_DATA_READER = "b0d8363b-8ddd-447d-831f-62ca05bff136"
# Built-in roles that grants may name; Azure knows them by these ids in every tenant.
ROLES = {
    "AcrPull": ACR_PULL,
    "AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "Azure Event Hubs Data Receiver": "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    "Azure Event Hubs Data Sender": "2b629674-e913-4c01-ae53-ef4638d8f975",
    "AzureML Data Scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
    "AzureML Registry User": "1823dd4f-9b8c-4ab6-ab4e-7397a3684615",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Log Analytics Reader": "73c42c96-874c-492b-b04d-ab87d138a893",
    "Managed Identity Operator": MANAGED_IDENTITY_OPERATOR,
    "Monitoring Data Reader": MONITORING_DATA_READER,
    "Monitoring Reader": "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
    "Network Contributor": NETWORK_CONTRIBUTOR,
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
}


def role_id(role: str) -> str:
    """Return the id of a role that is named, or given by its id; names that nobody knows are refused."""
    if role in ROLES:
        return ROLES[role]
    try:
        return str(uuid.UUID(role))
    except ValueError:
        known = ", ".join(sorted(ROLES))
        raise ValueError(f"no role {role!r}: name one of {known}, or give the id of a role of your own") from None


def grant(
    name: str,
    role: str,
    principal_id: pulumi.Input[str],
    scope: pulumi.Input[str],
    parent: pulumi.Resource,
    *,
    principal_type: str = "ServicePrincipal",
    formerly: Sequence[str] = (),
) -> authorization.RoleAssignment:
    """Give a principal one role (its id) on one resource; `formerly`: names that it had, the oldest first."""
    return authorization.RoleAssignment(
        name,
        # Unique in the whole tenant, so the environments of one tenant each have their own.
        role_assignment_name=names.grant(role, pulumi.get_stack(), first_of(name, formerly)),
        role_definition_id=pulumi.Output.from_input(scope).apply(lambda text: _definition(text, role)),
        principal_id=principal_id,
        principal_type=principal_type,
        scope=scope,
        # Azure takes no second assignment of the same right, whatever its id.
        opts=pulumi.ResourceOptions(
            parent=parent, delete_before_replace=True, aliases=[pulumi.Alias(name=each) for each in formerly] or None
        ),
    )


def first_of(name: str, formerly: Sequence[str]) -> str:
    """Return what a right was called when it was given: its id depends on it, and another id would be another right."""
    return next(iter(formerly), name)


def _definition(scope: str, role: str) -> str:
    """Return the role's id in the subscription of the scope, as Azure gives it back."""
    subscription = "/".join(scope.split("/")[:3])
    return f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
