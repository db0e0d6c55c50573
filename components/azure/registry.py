"""ModelRegistry on Azure: a hardened container registry with a copy in each serving region, and an ML registry.

An Azure Machine Learning registry makes its own container registry and storage; it takes none of ours.
"""

from typing import Optional

import pulumi
from pulumi_azure_native import containerregistry, machinelearningservices

from components import names
from components.azure.guard import Guard
from components.azure.learning_workspace import learning_workspace
from components.azure.private_access import Service
from components.contract.registry import ModelRegistryArgs, RegistryReplica


class ModelRegistry(pulumi.ComponentResource):
    """Where models and images are kept, and from where alone they are served."""

    registry_id: pulumi.Output[str]
    """The container registry."""
    login_server: pulumi.Output[str]
    """Host that images are named by."""
    learning_workspace_name: pulumi.Output[str]
    """Name of the machine-learning workspace; empty where there is none."""

    def __init__(
        self,
        name: str,
        args: ModelRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ModelRegistry", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = Guard(self, name, args)
        self._tags = self._guard.tags
        self._environment = self._guard.environment

        registry = self._registry()
        replicas = [self._replica(registry, replica) for replica in args["replicas"]]
        self._attend(registry, replicas)
        # What logs, by a short name each: the audit trail keeps it.
        self.audited: dict[str, pulumi.Output[str]] = {"registry": registry.id}
        if args.get("machine_learning", True):
            self.audited["learning-registry"] = self._learning_registry().id
        workspace = None
        if "learning_workspace" in args:
            workspace = learning_workspace(name, args, args["learning_workspace"], registry.id, self._guard)
            self.audited["learning-workspace"] = workspace.id

        self.registry_id = registry.id
        self.login_server = registry.login_server
        self.learning_workspace_name = pulumi.Output.from_input("" if workspace is None else workspace.name)
        self.register_outputs(
            {
                "registry_id": self.registry_id,
                "login_server": self.login_server,
                "learning_workspace_name": self.learning_workspace_name,
            }
        )

    def _attend(self, registry: containerregistry.Registry, replicas: list[containerregistry.Replication]) -> None:
        """Guard the registry; its endpoint gets an address for every copy that there is."""
        self._guard.attend(
            "registry",
            registry,
            workspace_id=self._args["workspace_id"],
            reached_as=(Service.REGISTRY, names.registry(self._args["organisation"], self._environment)),
            granted=True,
            locked=True,
            after=replicas,
        )

    def _registry(self) -> containerregistry.Registry:
        """Make the registry: identities only, private, nothing leaves but by pull."""
        return containerregistry.Registry(
            f"{self._name}-registry",
            registry_name=names.registry(self._args["organisation"], self._environment),
            resource_group_name=self._args["resource_group"],
            location=self._args["region"],
            sku={"name": "Premium"},
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            data_endpoint_enabled=True,
            public_network_access="Disabled",
            network_rule_bypass_options="AzureServices",
            zone_redundancy=_zones(self._args.get("zone_redundant", True)),
            policies={
                "export_policy": {"status": "disabled"},
                "retention_policy": {"days": self._args.get("retention_days", 15), "status": "enabled"},
                "azure_ad_authentication_as_arm_policy": {"status": "disabled"},
            },
            tags=self._tags,
            opts=self._guard.options(protect=True),
        )

    def _replica(self, registry: containerregistry.Registry, replica: RegistryReplica) -> containerregistry.Replication:
        """Make a full copy in another region."""
        return containerregistry.Replication(
            f"{self._name}-{replica['region']}-replica",
            replication_name=replica["region"],
            registry_name=registry.name,
            resource_group_name=self._args["resource_group"],
            location=replica["region"],
            region_endpoint_enabled=True,
            zone_redundancy=_zones(replica.get("zone_redundant", True)),
            tags=self._tags,
            opts=self._guard.options(),
        )

    def _learning_registry(self) -> machinelearningservices.Registry:
        """Make the machine-learning registry, with its own storage in each region."""
        regions = [self._args["region"], *(replica["region"] for replica in self._args["replicas"])]
        physical = names.learning_registry(self._args["organisation"], self._environment)
        made = machinelearningservices.Registry(
            f"{self._name}-learning",
            registry_name=physical,
            resource_group_name=self._args["resource_group"],
            location=self._args["region"],
            identity={"type": "SystemAssigned"},
            public_network_access="Disabled",
            region_details=[_learning_region(region) for region in regions],
            tags=self._tags,
            opts=self._guard.options(protect=True),
        )
        self._guard.attend(
            "learning",
            made,
            workspace_id=self._args["workspace_id"],
            metrics=False,
            reached_as=(Service.LEARNING_REGISTRY, physical),
            locked=True,
        )
        return made


def _zones(redundant: bool) -> str:
    return "Enabled" if redundant else "Disabled"


def _learning_region(region: str) -> dict[str, object]:
    """Return what the service makes for itself in a region."""
    return {
        "location": region,
        "acr_details": [{"system_created_acr_account": {"acr_account_sku": "Premium"}}],
        "storage_account_details": [
            {
                "system_created_storage_account": {
                    "storage_account_type": "Standard_ZRS",
                    "storage_account_hns_enabled": False,
                    "allow_blob_public_access": False,
                }
            }
        ],
    }
