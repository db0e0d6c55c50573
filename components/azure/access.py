"""TeamAccess on Azure: a team's identity, the service accounts that may act as it, and its people's rights.

Does not own the namespace: that is TeamTenancy's, in the cluster.
"""

from collections.abc import Sequence
from typing import Optional

import pulumi
from pulumi_azure_native import authorization, managedidentity, resources

from components import names
from components.azure import team_roles
from components.azure.grants import first_of
from components.azure.guard import Guard
from components.contract.access import IdentityRight, TeamAccessArgs

# What a cluster's tokens must be made out to, so that Azure exchanges them.
AUDIENCE = "api://AzureADTokenExchange"
_DEFAULT_ACCOUNTS = ["models"]


class TeamAccess(pulumi.ComponentResource):
    """What a team may do on the cloud in one region, and as whom its programs act there."""

    client_id: pulumi.Output[str]
    """Application id of the team's identity: service accounts are annotated with it."""
    principal_id: pulumi.Output[str]
    """Object id of the team's identity, which rights are given to."""
    identity_id: pulumi.Output[str]
    """The team's identity itself, for what runs as it outside the cluster."""
    resource_group: pulumi.Output[str]
    """The team's own resource group in the region."""

    def __init__(
        self,
        name: str,
        args: TeamAccessArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:TeamAccess", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = Guard(self, name, args)
        self._team = args["ownership"]["team"]
        self._place = (args["ownership"]["environment"], args["region"], self._team)
        self._namespace = names.namespace(self._team)
        self._cluster_id = pulumi.Output.from_input(args["cluster_id"])

        group = self._group()
        identity = self._identity(group)
        self._federate(group, identity)
        self._people()
        for right in args.get("rights", []):
            self._right(right, identity)

        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
        self.identity_id = identity.id
        self.resource_group = group.name
        self.register_outputs(
            {
                "client_id": self.client_id,
                "principal_id": self.principal_id,
                "identity_id": self.identity_id,
                "resource_group": self.resource_group,
            }
        )

    def _group(self) -> resources.ResourceGroup:
        """Make the team's own resource group: nothing of another team, or of the platform, is in it."""
        return resources.ResourceGroup(
            f"{self._name}-group",
            resource_group_name=names.team_resource_group(*self._place),
            location=self._args["region"],
            tags=self._guard.tags,
            opts=self._guard.options(protect=True),
        )

    def _identity(self, group: resources.ResourceGroup) -> managedidentity.UserAssignedIdentity:
        """Make the identity that the team's pods act as; it may do nothing until a right is given."""
        environment, region, team = self._place
        identity = managedidentity.UserAssignedIdentity(
            f"{self._name}-identity",
            resource_name_=names.identity(environment, region, f"team-{team}"),
            resource_group_name=group.name,
            location=region,
            tags=self._guard.tags,
            opts=self._guard.options(protect=True),
        )
        self._guard.attend("identity", identity, granted=True)
        return identity

    def _federate(self, group: resources.ResourceGroup, identity: managedidentity.UserAssignedIdentity) -> None:
        """Let the service accounts act as the identity, one after another: Azure refuses two such writes at once."""
        before: list[pulumi.Resource] = []
        for account in self._args.get("service_accounts", _DEFAULT_ACCOUNTS):
            credential = managedidentity.FederatedIdentityCredential(
                f"{self._name}-{account}-federation",
                federated_identity_credential_resource_name=names.federation(self._namespace, account),
                resource_name_=identity.name,
                resource_group_name=group.name,
                issuer=self._args["issuer"],
                subject=f"system:serviceaccount:{self._namespace}:{account}",
                audiences=[AUDIENCE],
                opts=self._guard.options(depends_on=before),
            )
            before = [credential]

    def _people(self) -> None:
        """Let the team's groups reach the cluster, and in it their namespace alone."""
        groups = {"view": self._args.get("view_groups", []), "edit": self._args.get("edit_groups", [])}
        for member in sorted({*groups["view"], *groups["edit"]}):
            self._assign(f"connect-{member}", team_roles.CLUSTER_USER, member, "Group", self._cluster_id)
        space = pulumi.Output.concat(self._cluster_id, "/namespaces/", self._namespace)
        for level, members in groups.items():
            role = self._role(level)
            for member in members:
                self._assign(f"{level}-{member}", names.role(level, *self._place), member, "Group", space, [role])

    def _role(self, level: str) -> authorization.RoleDefinition:
        """Define what a level may do; it can be given in the cluster's resource group and nowhere else."""
        environment, region, team = self._place
        scope = self._cluster_id.apply(_group_of)
        return authorization.RoleDefinition(
            f"{self._name}-{level}-role",
            role_definition_id=names.role(level, *self._place),
            role_name=f"Headgate {environment} {region} {team}: {level}",
            description=f"What {team} may {level} in its namespace of the {environment} cluster in {region}",
            scope=scope,
            assignable_scopes=[scope],
            permissions=[
                {"actions": [], "not_actions": [], "data_actions": team_roles.LEVELS[level], "not_data_actions": []}
            ],
            opts=self._guard.options(),
        )

    def _right(self, right: IdentityRight, identity: managedidentity.UserAssignedIdentity) -> None:
        """Give the identity one role on one resource."""
        refused = team_roles.OWNER_LEVEL.get(right["role"])
        if refused:
            raise ValueError(f"rights: {right['purpose']}: {refused} is no right of a workload; name a narrower role")
        scope = pulumi.Output.from_input(right["scope"]).apply(lambda text: _one_resource(text, right["purpose"]))
        self._assign(
            right["purpose"],
            right["role"],
            identity.principal_id,
            "ServicePrincipal",
            scope,
            formerly=right.get("formerly", []),
        )

    def _assign(
        self,
        purpose: str,
        role: str,
        principal: pulumi.Input[str],
        kind: str,
        scope: pulumi.Output[str],
        after: Sequence[pulumi.Resource] = (),
        formerly: Sequence[str] = (),
    ) -> None:
        """Give a principal a role on a scope."""
        authorization.RoleAssignment(
            f"{self._name}-{purpose}-grant",
            role_assignment_name=names.grant(role, *self._place, first_of(purpose, formerly)),
            role_definition_id=scope.apply(lambda text: _definition(text, role)),
            principal_id=principal,
            principal_type=kind,
            scope=scope,
            # Azure takes no second assignment of the same right, whatever its id.
            opts=pulumi.ResourceOptions.merge(
                self._guard.options(depends_on=after),
                pulumi.ResourceOptions(
                    delete_before_replace=True,
                    aliases=[pulumi.Alias(name=f"{self._name}-{each}-grant") for each in formerly] or None,
                ),
            ),
        )


def _group_of(arm_id: str) -> str:
    """Return the id of the resource group that a resource is in."""
    return "/".join(arm_id.split("/")[:5])


def _definition(scope: str, role: str) -> str:
    """Return the role's id in the subscription of the scope, as Azure gives it back."""
    return f"{'/'.join(scope.split('/')[:3])}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def _one_resource(scope: str, purpose: str) -> str:
    """Refuse a scope that is wider than one resource."""
    if "/providers/" not in scope:
        raise ValueError(f"rights: {purpose}: `{scope}` is wider than one resource; name the resource")
    return scope
