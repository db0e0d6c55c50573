"""PlatformFoundation on Azure: resource groups, networks, identities, vaults, the log workspace and the budget.

Does not own what runs on it: registries, clusters and the edge are components of their own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Optional

import pulumi
from pulumi_azure_native import consumption, keyvault, managedidentity, operationalinsights, resources

from components import names
from components.azure.guard import Guard
from components.azure.private_access import Service
from components.azure.region_network import RegionNetwork, region_network
from components.contract.foundation import FoundationArgs, FoundationRegion
from components.contract.guarding import PrivateNetwork


@dataclass(frozen=True)
class Identity:
    """A user-assigned identity, as others refer to it."""

    id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]


@dataclass(frozen=True)
class RegionFoundation:
    """What one region's other components build on."""

    resource_group: pulumi.Output[str]
    network_id: pulumi.Output[str]
    nodes_subnet_id: pulumi.Output[str]
    gateway_subnet: str
    cluster_identity: Identity
    node_identity: Identity
    private_network: PrivateNetwork
    vault_id: pulumi.Output[str]
    vault_uri: pulumi.Output[str]


class PlatformFoundation(pulumi.ComponentResource):
    """What everything else stands on: resource groups, networks, identities, vaults, log workspace and budget."""

    resource_group: pulumi.Output[str]
    """Resource group of the primary region, for what exists once."""
    workspace_id: pulumi.Output[str]
    """Log workspace that everything logs to."""
    resource_groups: pulumi.Output[dict[str, str]]
    """Resource group of each region."""
    vault_uris: pulumi.Output[dict[str, str]]
    """Address of each region's key vault."""

    def __init__(
        self,
        name: str,
        args: FoundationArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:PlatformFoundation", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = Guard(self, name, args)
        self._tags = self._guard.tags
        self._environment = self._guard.environment

        groups = {region["name"]: self._resource_group(region) for region in args["regions"]}
        primary = groups[args["regions"][0]["name"]]
        workspace = self._workspace(primary, args["regions"][0])
        self._guard.attend("logs", workspace, workspace_id=workspace.id, locked=True)
        self._budget(primary)
        self.regions = {
            region["name"]: self._region(region, groups[region["name"]], workspace) for region in args["regions"]
        }

        self.resource_group = primary.name
        self.workspace_id = workspace.id
        self.resource_groups = pulumi.Output.all(**{key: group.name for key, group in groups.items()})
        self.vault_uris = pulumi.Output.all(**{key: region.vault_uri for key, region in self.regions.items()})
        self.register_outputs(
            {
                "resource_group": self.resource_group,
                "workspace_id": self.workspace_id,
                "resource_groups": self.resource_groups,
                "vault_uris": self.vault_uris,
            }
        )

    def _resource_group(self, region: FoundationRegion) -> resources.ResourceGroup:
        """Make a region's resource group."""
        return resources.ResourceGroup(
            f"{self._name}-{region['name']}-group",
            resource_group_name=names.resource_group(self._environment, region["name"]),
            location=region["name"],
            tags=self._tags,
            opts=self._guard.options(protect=True),
        )

    def _workspace(self, group: resources.ResourceGroup, region: FoundationRegion) -> operationalinsights.Workspace:
        """Make the log workspace: identities only, and no public network; MonitoringStack's scope leads there."""
        return operationalinsights.Workspace(
            f"{self._name}-logs",
            workspace_name=names.workspace(self._environment),
            resource_group_name=group.name,
            location=region["name"],
            sku={"name": "PerGB2018"},
            retention_in_days=self._args.get("log_retention_days", 365),
            features={"disable_local_auth": True, "enable_log_access_using_only_resource_permissions": True},
            # What diagnostic settings send does not come by a network of anyone's, and still arrives.
            public_network_access_for_ingestion="Disabled",
            public_network_access_for_query="Disabled",
            tags=self._tags,
            opts=self._guard.options(protect=True),
        )

    def _budget(self, group: resources.ResourceGroup) -> None:
        """Make the budget of all that the environment's resource groups cost, and one alert for each threshold."""
        budget = self._args["budget"]
        regions = [region["name"] for region in self._args["regions"]]
        groups = [names.alerts_group(self._environment)]
        for region in regions:
            groups += [named(self._environment, region) for named in (names.resource_group, names.node_resource_group)]
        consumption.Budget(
            f"{self._name}-monthly-budget",
            budget_name=names.budget(self._environment),
            # A group's own budget would leave out the other regions, and the nodes, which Azure keeps in groups apart.
            scope=group.id.apply(lambda group_id: "/".join(group_id.split("/")[:3])),
            filter={"dimensions": {"name": "ResourceGroupName", "operator": "In", "values": sorted(groups)}},
            amount=budget["monthly"],
            category="Cost",
            time_grain="Monthly",
            time_period={"start_date": pulumi.Output.format("{0}T00:00:00Z", budget.get("starts", _this_month()))},
            notifications={
                f"above-{percent}-percent": {
                    "enabled": True,
                    "operator": "GreaterThanOrEqualTo",
                    "threshold": float(percent),
                    "threshold_type": "Actual",
                    "contact_emails": budget["contacts"],
                }
                for percent in budget["thresholds"]
            },
            # When it began is settled: Azure takes a beginning in the past for no new one, and no other for this one.
            opts=self._guard.options(ignore_changes=["timePeriod"]),
        )

    def _region(
        self,
        region: FoundationRegion,
        group: resources.ResourceGroup,
        workspace: operationalinsights.Workspace,
    ) -> RegionFoundation:
        """Make what each region has of its own."""
        name = f"{self._name}-{region['name']}"
        network = region_network(name, region, group.name, self._args["regions"][0]["name"], self._guard)
        vault = self._vault(region, group)
        self._watch(region, network, workspace.id)
        self._guard.attend(
            f"{region['name']}-vault",
            vault,
            workspace_id=workspace.id,
            reached_as=(Service.VAULT, names.vault(self._args["organisation"], self._environment, region["name"])),
            networks=[network.access],
            granted=True,
            locked=True,
        )
        return RegionFoundation(
            resource_group=group.name,
            network_id=network.id,
            nodes_subnet_id=network.id.apply(lambda network_id: f"{network_id}/subnets/nodes"),
            gateway_subnet="gateway",
            cluster_identity=self._identity(region, group, "cluster"),
            node_identity=self._identity(region, group, "nodes"),
            private_network=network.access,
            vault_id=vault.id,
            vault_uri=vault.properties.vault_uri,
        )

    def _watch(self, region: FoundationRegion, network: RegionNetwork, workspace_id: pulumi.Input[str]) -> None:
        """Log what the network and its security groups do."""
        self._guard.attend(f"{region['name']}-network", network.resource, workspace_id=workspace_id)
        for purpose, rules in network.groups.items():
            # Security groups have logs only; Azure refuses to be asked for their metrics.
            self._guard.attend(f"{region['name']}-{purpose}-rules", rules, workspace_id=workspace_id, metrics=False)

    def _identity(self, region: FoundationRegion, group: resources.ResourceGroup, purpose: str) -> Identity:
        """Make an identity."""
        identity = managedidentity.UserAssignedIdentity(
            f"{self._name}-{region['name']}-{purpose}-identity",
            resource_name_=names.identity(self._environment, region["name"], purpose),
            resource_group_name=group.name,
            location=region["name"],
            tags=self._tags,
            opts=self._guard.options(),
        )
        return Identity(identity.id, identity.client_id, identity.principal_id)

    def _vault(self, region: FoundationRegion, group: resources.ResourceGroup) -> keyvault.Vault:
        """Make a region's key vault: roles instead of access policies, no public network."""
        return keyvault.Vault(
            f"{self._name}-{region['name']}-vault",
            vault_name=names.vault(self._args["organisation"], self._environment, region["name"]),
            resource_group_name=group.name,
            location=region["name"],
            properties={
                "tenant_id": self._args["tenant_id"],
                "sku": {"family": "A", "name": "premium"},
                "enable_rbac_authorization": True,
                "enable_soft_delete": True,
                "soft_delete_retention_in_days": self._args.get("vault_soft_delete_days", 90),
                # Azure refuses `false`: it is either on, or was never set.
                "enable_purge_protection": True if self._args.get("vault_purge_protection", True) else None,
                "public_network_access": "disabled",
                "network_acls": {"default_action": "Deny", "bypass": "AzureServices"},
            },
            tags=self._tags,
            opts=self._guard.options(protect=True),
        )


def _this_month() -> str:
    """Return its first day. A budget that stands keeps its own, so no later plan changes with the month."""
    return datetime.now(UTC).strftime("%Y-%m-01")
