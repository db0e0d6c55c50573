"""Kinds that a cluster's add-ons bring: what a client may create is known, whether or not anything here acts on it.

KEDA and the metrics add-on's operator do not run in a sandbox: a ScaledObject and a ServiceMonitor are kept and judged
by their schema, and nothing follows from them. What is measured here, `scraping` decides.
"""

from __future__ import annotations

import json
import time
from typing import Any

from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.control import RegionEndpoints
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import CHECKOUT

FIELD_MANAGER = "headgate-azure"
PATIENCE = 60.0
DEFINITIONS = CHECKOUT / "components" / "kubernetes" / "definitions"


def ensure_kinds(cluster: Body, endpoints: RegionEndpoints) -> None:
    """Have the kinds of the add-ons that a cluster has. They stay when an add-on goes: objects would go with them."""
    families = families_of(cluster)
    if families:
        client = KubeClient.from_kubeconfig(endpoints.kubeconfig_path)
        for family in families:
            apply_kinds(client, family)


def families_of(cluster: Body) -> tuple[str, ...]:
    """Return whose kinds a cluster has by its add-ons."""
    properties = cluster["properties"]
    has_keda = ((properties.get("workloadAutoScalerProfile") or {}).get("keda") or {}).get("enabled")
    has_metrics = ((properties.get("azureMonitorProfile") or {}).get("metrics") or {}).get("enabled")
    return (*(("keda",) if has_keda else ()), *(("azure-monitor",) if has_metrics else ()))


def apply_kinds(client: KubeClient, family: str) -> None:
    """Make a family's kinds known."""
    path = DEFINITIONS / f"{family}.json"
    for document in json.loads(path.read_text(encoding="utf-8"))["definitions"]:
        _apply_patiently(client, document)


def _apply_patiently(client: KubeClient, document: dict[str, Any]) -> None:
    """Apply a definition; an API server that is restarted meanwhile is waited for."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.apply(document, field_manager=FIELD_MANAGER, force=True)
            return
        except KubeError as error:
            if not error.unreachable or time.monotonic() > deadline:
                raise
            time.sleep(0.5)
