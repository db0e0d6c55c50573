"""Role assignments: least privilege, on one resource, with an id that does not change."""

import pulumi
from pulumi_azure_native import authorization

from components import names

NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"


def grant(
    name: str,
    role: str,
    principal_id: pulumi.Input[str],
    scope: pulumi.Input[str],
    parent: pulumi.Resource,
) -> authorization.RoleAssignment:
    """Give a service principal one role on one resource."""
    return authorization.RoleAssignment(
        name,
        role_assignment_name=names.grant(role, name),
        role_definition_id=pulumi.Output.from_input(scope).apply(lambda text: _definition(text, role)),
        principal_id=principal_id,
        principal_type="ServicePrincipal",
        scope=scope,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _definition(scope: str, role: str) -> str:
    """Return the role's id in the subscription of the scope, as Azure gives it back."""
    subscription = "/".join(scope.split("/")[:3])
    return f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
