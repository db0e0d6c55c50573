"""The ledger layer: its writer in each cluster, where the platform asks for it, into the primary region's store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from headgate.stack.secret import Secret
from infra.layers.unknown import secret_if_any, secret_of
from infra.settings import Settings, platform_image

if TYPE_CHECKING:
    from components.contract.ledger import LedgerServiceArgs
    from headgate.stack.audit import LedgerWriter
    from infra.layers.cluster import Cluster


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

    def secret(name: Secret, expected: str) -> pulumi.Output[str]:
        return secret_of(stack, name, "the ledger has a writer that nobody could call or believe", expected)

    args: LedgerServiceArgs = {
        "ownership": settings.ownership,
        "image": platform_image(settings, asked.image, asked.digest),
        "ledger": f"azblob://{store}/{names.LEDGER_CONTAINER}",
        "client_id": audit.writer_id,
        "signing_key": secret(Secret.LEDGER_SIGNING_KEY, "the key that `headgate audit` made when the ledger began"),
        "token": secret(Secret.LEDGER_TOKEN, "what gates and Alertmanager show, as in HEADGATE_AUDIT_TOKEN_FILE"),
        "certificate": {
            "certificate": secret(
                Secret.LEDGER_CERTIFICATE, f"a certificate for ledger.{names.LEDGER_NAMESPACE}.svc, as PEM"
            ),
            "key": secret(Secret.LEDGER_CERTIFICATE_KEY, "its key, as PEM"),
        },
        "callers": _callers(settings, asked),
        "networks": list(asked.networks),
        "replicas": asked.replicas,
    }
    reader = secret_if_any(Secret.LEDGER_READ_TOKEN)
    if reader is not None:
        args["read_token"] = reader
    return args


def _callers(settings: Settings, asked: LedgerWriter) -> list[str]:
    """Return whose pods may call: those that do by their nature, and those that the stack names."""
    own = settings.stack.platform.monitoring.in_cluster
    return list(dict.fromkeys([names.GATE_NAMESPACE, *([own.namespace] if own else []), *asked.callers]))
