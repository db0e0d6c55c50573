"""The ledger layer: its writer in each cluster, where the platform asks for it, into the primary region's store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from infra.layers.unknown import secret_of
from infra.settings import Settings, platform_image

if TYPE_CHECKING:
    from components.contract.ledger import LedgerServiceArgs
    from headgate.stack.audit import LedgerWriter
    from infra.layers.cluster import Cluster

# Secrets of the platform's stack; no file shows them.
SIGNING_KEY, TOKEN, READ_TOKEN = "ledgerSigningKey", "ledgerToken", "ledgerReadToken"
CERTIFICATE, CERTIFICATE_KEY = "ledgerCertificate", "ledgerCertificateKey"
# Who calls by their nature; the stack names others.
_CALLERS = ("headgate-gate", "headgate-monitoring")


def issuers(settings: Settings, clusters: dict[str, Cluster]) -> dict[str, pulumi.Input[str]]:
    """Return whose service accounts write the ledger: those of every cluster, where it has a writer."""
    if settings.stack.platform.audit.ledger is None:
        return {}
    return {region: cluster.issuer for region, cluster in clusters.items()}


def build_ledger(
    settings: Settings, clusters: dict[str, Cluster], audit: catalog.AuditTrail
) -> dict[str, pulumi.Output[str]]:
    """Build each cluster's writer, and return where it is called; nothing where none is asked for."""
    asked = settings.stack.platform.audit.ledger
    if asked is None:
        return {}
    args = _args(settings, asked, audit)
    return {
        region: catalog.LedgerService(f"ledger-{region}", args, cluster.judged).url
        for region, cluster in clusters.items()
    }


def _args(settings: Settings, asked: LedgerWriter, audit: catalog.AuditTrail) -> LedgerServiceArgs:
    """Say what all of them are given: one ledger, one key, one name."""
    platform, stack = settings.stack.platform, str(settings.stack.name)
    store = names.audit_store(platform.organisation, settings.ownership["environment"], platform.regions[0].name)

    def secret(name: str, expected: str) -> pulumi.Output[str]:
        return secret_of(stack, name, "the ledger has a writer that nobody could call or believe", expected)

    args: LedgerServiceArgs = {
        "ownership": settings.ownership,
        "image": platform_image(settings, asked.image, asked.digest),
        "ledger": f"azblob://{store}/{names.LEDGER_CONTAINER}",
        "client_id": audit.writer_id,
        "signing_key": secret(SIGNING_KEY, "the key that `headgate audit` made when the ledger began"),
        "token": secret(TOKEN, "what gates and Alertmanager show, as in HEADGATE_AUDIT_TOKEN_FILE"),
        "certificate": {
            "certificate": secret(CERTIFICATE, f"a certificate for ledger.{names.LEDGER_NAMESPACE}.svc, as PEM"),
            "key": secret(CERTIFICATE_KEY, "its key, as PEM"),
        },
        "callers": [*_CALLERS, *asked.callers],
        "networks": list(asked.networks),
        "replicas": asked.replicas,
    }
    reader = pulumi.Config("headgate").get_secret(READ_TOKEN)
    if reader is not None:
        args["read_token"] = reader
    return args
