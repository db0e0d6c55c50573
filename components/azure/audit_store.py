"""One region's audit store: every version of every blob is immutable for its period, and can be appended to meanwhile.

Azure writes logs as append blobs into containers that it makes itself, so the policy is the account's: a container's
own would come too late for them. The ledger has a container of ours.
"""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage

from components import names
from components.azure.guard import Guard
from components.azure.private_access import Service
from components.azure.private_storage import Place, blob_service, private_storage
from components.contract.audit import AuditRegion, AuditTrailArgs

RETENTION_DAYS = 2557
LEDGER = names.LEDGER_CONTAINER
_SOFT_DELETE_DAYS = 90


@dataclass(frozen=True)
class AuditStore:
    """A region's store, as diagnostic settings and the ledger refer to it."""

    id: pulumi.Output[str]
    ledger_uri: pulumi.Output[str]
    ledger_id: pulumi.Output[str]


def audit_store(name: str, args: AuditTrailArgs, region: AuditRegion, guard: Guard) -> AuditStore:
    """Make a region's store with its ledger, its logs, its private address and its lock."""
    logical = f"{name}-{region['name']}-store"
    place = Place(
        name=names.audit_store(args["organisation"], guard.environment, region["name"]),
        resource_group=region["resource_group"],
        region=region["name"],
        redundancy="Standard_GZRS" if region.get("zone_redundant", True) else "Standard_GRS",
    )
    account = private_storage(logical, place, guard, _immutability(args))
    blobs = blob_service(f"{logical}-blobs", account, place, guard, kept_days=_SOFT_DELETE_DAYS)
    ledger = _ledger(logical, place, account, blobs, guard)
    # Reads, writes and deletions are the blob service's logs; the account itself has metrics only.
    watched = guard.attend(f"{region['name']}-store-blobs", blobs, workspace_id=args["workspace_id"])
    guard.attend(
        f"{region['name']}-store",
        account,
        reached_as=(Service.BLOB, place.name),
        networks=[region["network"]],
        granted=True,
        locked=True,
        after=[ledger, *watched],
    )
    uri = account.primary_endpoints.apply(lambda found: f"{found.blob}{LEDGER}")
    return AuditStore(account.id, uri, ledger.id)


def _immutability(args: AuditTrailArgs) -> dict[str, object]:
    """Say for how long a version is immutable, and whether that period is final."""
    return {
        "enabled": True,
        "immutability_policy": {
            "allow_protected_append_writes": True,
            "immutability_period_since_creation_in_days": args.get("retention_days", RETENTION_DAYS),
            "state": "Locked" if args.get("locked", False) else "Unlocked",
        },
    }


def _ledger(
    logical: str,
    place: Place,
    account: storage.StorageAccount,
    blobs: storage.BlobServiceProperties,
    guard: Guard,
) -> storage.BlobContainer:
    """Make the ledger's container. A checkpoint that is written anew leaves its old version, which stays."""
    return storage.BlobContainer(
        f"{logical}-ledger",
        account_name=account.name,
        resource_group_name=place.resource_group,
        container_name=LEDGER,
        public_access="None",
        immutable_storage_with_versioning={"enabled": True},
        opts=guard.options(protect=True, depends_on=[blobs]),
    )
