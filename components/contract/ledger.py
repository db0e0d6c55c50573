"""Contract of LedgerService: what writes the ledger for a region's gates, alerts and receivers."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class LedgerCertificate(TypedDict):
    """What the service is known by; a renewed one is served without a restart."""

    certificate: pulumi.Input[str]
    """Certificate for the service's name in the cluster, as PEM, with what leads to its authority."""
    key: pulumi.Input[str]
    """Its key, as PEM."""


class LedgerServiceArgs(TypedDict):
    """What LedgerService takes."""

    ownership: Ownership
    """Who answers for it."""
    image: pulumi.Input[str]
    """Image of the ledger's writer, by digest."""
    ledger: pulumi.Input[str]
    """The ledger, in Blob Storage: `azblob://ACCOUNT/CONTAINER[/PREFIX]`. Each region's service writes the same one."""
    client_id: pulumi.Input[str]
    """Application id of the identity that may write there; federated with the service account `ledger`."""
    signing_key: pulumi.Input[str]
    """Key that signs checkpoints, as `headgate audit` made it when the ledger began."""
    token: pulumi.Input[str]
    """What they show who may write."""
    read_token: NotRequired[pulumi.Input[str]]
    """What they show who may only read; by default nobody else reads."""
    certificate: LedgerCertificate
    """What callers know it by."""
    callers: NotRequired[list[str]]
    """Namespaces that may call it; those of the gate and of the cluster's own monitoring by default."""
    networks: NotRequired[list[str]]
    """Address ranges outside the cluster that may call it, as CIDR; none by default."""
    replicas: NotRequired[int]
    """Pods; 2 by default. All of them write one history."""
