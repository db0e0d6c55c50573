"""As whom the clusters' ledger services write: an identity that may write the ledger's container and nothing else."""

import pulumi
from pulumi_azure_native import managedidentity

from components import names
from components.azure.access import AUDIENCE
from components.azure.audit_store import AuditStore
from components.azure.grants import ROLES, grant
from components.azure.guard import Guard
from components.contract.audit import AuditRegion

_ROLE = ROLES["Storage Blob Data Contributor"]


def ledger_identity(
    component: pulumi.ComponentResource,
    name: str,
    region: AuditRegion,
    store: AuditStore,
    issuers: dict[str, pulumi.Input[str]],
    guard: Guard,
) -> pulumi.Output[str]:
    """Make it beside the store whose ledger it writes; return its application id, once it may."""
    identity = managedidentity.UserAssignedIdentity(
        f"{name}-ledger-identity",
        resource_name_=names.identity(guard.environment, region["name"], "ledger"),
        resource_group_name=region["resource_group"],
        location=region["name"],
        tags=guard.tags,
        opts=guard.options(protect=True),
    )
    guard.attend("ledger-identity", identity)
    right = grant(f"{name}-ledger-grant", _ROLE, identity.principal_id, store.ledger_id, component)
    before: list[pulumi.Resource] = []
    settled = [right.id]
    # One after another: Azure refuses two such writes at once.
    for cluster, issuer in issuers.items():
        credential = managedidentity.FederatedIdentityCredential(
            f"{name}-{cluster}-ledger-federation",
            federated_identity_credential_resource_name=names.federation(names.LEDGER_NAMESPACE, cluster),
            resource_name_=identity.name,
            resource_group_name=region["resource_group"],
            issuer=issuer,
            subject=f"system:serviceaccount:{names.LEDGER_NAMESPACE}:{names.LEDGER_ACCOUNT}",
            audiences=[AUDIENCE],
            opts=guard.options(depends_on=before),
        )
        before = [credential]
        settled.append(credential.id)
    return pulumi.Output.all(identity.client_id, *settled).apply(lambda known: str(known[0]))
