"""The machine-learning workspace: where teams experiment and train, with a store of its own.

It acts as itself (a system-assigned identity) and takes no key: neither the store's nor the registry's. Application
Insights is left to the monitoring component; the workspace needs none.
"""

import pulumi
from pulumi_azure_native import machinelearningservices, storage

from components import names
from components.azure.guard import Guard
from components.azure.private_access import Service
from components.azure.private_storage import Place, blob_service, file_service, private_storage
from components.contract.registry import LearningWorkspace, ModelRegistryArgs

_OUTBOUND = {"approved": "AllowOnlyApprovedOutbound", "internet": "AllowInternetOutbound"}
_SOFT_DELETE_DAYS = 30


def learning_workspace(
    name: str,
    args: ModelRegistryArgs,
    wanted: LearningWorkspace,
    registry_id: pulumi.Input[str],
    guard: Guard,
) -> machinelearningservices.Workspace:
    """Make the workspace beside the registry, in its home region."""
    store = _store(name, args, guard)
    physical = names.learning_workspace(guard.environment, args["region"])
    workspace = machinelearningservices.Workspace(
        f"{name}-workspace",
        workspace_name=physical,
        resource_group_name=args["resource_group"],
        location=args["region"],
        kind="Default",
        sku={"name": "Basic", "tier": "Basic"},
        friendly_name=f"Headgate {guard.environment}",
        description="Experiments and training; models are served from the registry alone.",
        identity={"type": "SystemAssigned"},
        storage_account=store.id,
        key_vault=wanted["vault_id"],
        container_registry=registry_id,
        public_network_access="Disabled",
        system_datastores_auth_mode="Identity",
        v1_legacy_mode=False,
        # Microsoft collects less of what is confidential; it can't be changed afterwards.
        hbi_workspace=True,
        managed_network={
            "isolation_mode": _OUTBOUND[wanted.get("outbound", "approved")],
            "firewall_sku": "Basic",
        },
        tags=guard.tags,
        opts=guard.options(protect=True),
    )
    guard.attend(
        "workspace",
        workspace,
        workspace_id=args["workspace_id"],
        reached_as=(Service.LEARNING_WORKSPACE, physical),
        locked=True,
    )
    return workspace


def _store(name: str, args: ModelRegistryArgs, guard: Guard) -> storage.StorageAccount:
    """Make the store of what is trained and with what."""
    logical = f"{name}-workspace-store"
    place = Place(
        name=names.learning_store(args["organisation"], guard.environment),
        resource_group=args["resource_group"],
        region=args["region"],
        redundancy="Standard_GZRS" if args.get("zone_redundant", True) else "Standard_GRS",
    )
    account = private_storage(logical, place, guard)
    blobs = blob_service(f"{logical}-blobs", account, place, guard, kept_days=_SOFT_DELETE_DAYS)
    files = file_service(f"{logical}-files", account, place, guard, kept_days=_SOFT_DELETE_DAYS)
    watched = [
        *guard.attend("workspace-store-blobs", blobs, workspace_id=args["workspace_id"]),
        *guard.attend("workspace-store-files", files, workspace_id=args["workspace_id"]),
    ]
    reached = guard.attend("workspace-store", account, reached_as=(Service.FILE, place.name))
    guard.attend(
        "workspace-store", account, reached_as=(Service.BLOB, place.name), locked=True, after=[*watched, *reached]
    )
    return account
