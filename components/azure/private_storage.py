"""A storage account as every component of ours makes one: identities only, private, copied within the country."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage

from components.azure.guard import Guard


@dataclass(frozen=True)
class Place:
    """Where an account is, and how far its copies are spread."""

    name: str
    resource_group: pulumi.Input[str]
    region: str
    redundancy: str


def private_storage(
    logical: str, place: Place, guard: Guard, immutability: dict[str, object] | None = None
) -> storage.StorageAccount:
    """Make an account; `immutability` is a policy for every version of every blob, which only a new account can get."""
    return storage.StorageAccount(
        logical,
        account_name=place.name,
        resource_group_name=place.resource_group,
        location=place.region,
        kind="StorageV2",
        sku={"name": place.redundancy},
        access_tier="Hot",
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        allow_cross_tenant_replication=False,
        allowed_copy_scope="AAD",
        default_to_o_auth_authentication=True,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        is_local_user_enabled=False,
        is_sftp_enabled=False,
        public_network_access="Disabled",
        # Azure's own logging and machine learning come as trusted services; nobody else gets in.
        network_rule_set={"default_action": "Deny", "bypass": "AzureServices"},
        encryption={
            "key_source": "Microsoft.Storage",
            "require_infrastructure_encryption": True,
            "services": {
                "blob": {"enabled": True, "key_type": "Account"},
                "file": {"enabled": True, "key_type": "Account"},
            },
        },
        sas_policy={"expiration_action": "Block", "sas_expiration_period": "0.01:00:00"},
        immutable_storage_with_versioning=immutability,
        tags=guard.tags,
        opts=guard.options(protect=True),
    )


def blob_service(
    logical: str, account: storage.StorageAccount, place: Place, guard: Guard, *, kept_days: int
) -> storage.BlobServiceProperties:
    """Keep versions, a feed of changes, and what is deleted for some days."""
    kept = {"enabled": True, "days": kept_days}
    return storage.BlobServiceProperties(
        logical,
        account_name=account.name,
        resource_group_name=place.resource_group,
        blob_services_name="default",
        is_versioning_enabled=True,
        change_feed={"enabled": True},
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=guard.options(),
    )


def file_service(
    logical: str, account: storage.StorageAccount, place: Place, guard: Guard, *, kept_days: int
) -> storage.FileServiceProperties:
    """Keep deleted shares for some days. Its file service logs apart from an account's blobs."""
    return storage.FileServiceProperties(
        logical,
        account_name=account.name,
        resource_group_name=place.resource_group,
        file_services_name="default",
        share_delete_retention_policy={"enabled": True, "days": kept_days},
        opts=guard.options(),
    )
