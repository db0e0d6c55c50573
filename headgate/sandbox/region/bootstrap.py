"""The objects that a fresh region has before anybody uses it: roles of its own components, and the metrics API.

Owns `manifests/`. Applied at each start with the region's own field manager, so an upgrade of the sandbox reaches
regions that exist.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

from headgate import yaml_text
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.region.context import RegionContext

MANIFESTS = Path(__file__).parent / "manifests"
FIELD_MANAGER = "headgate-sandbox"
# Right after it is ready, an API server may still be filling its caches of namespaces and roles.
PATIENCE = 20.0


def apply(context: RegionContext) -> None:
    """Apply every manifest as the region's administrator."""
    client = KubeClient.from_kubeconfig(context.admin_kubeconfig)
    for document in documents(context):
        _apply_patiently(client, document)


def documents(context: RegionContext) -> list[dict[str, Any]]:
    """Return the objects, in the order of their files."""
    ca = base64.b64encode(context.ca.read_bytes()).decode()
    text = "---\n".join(path.read_text() for path in sorted(MANIFESTS.glob("*.yaml")))
    text = text.replace("$(CA_BUNDLE)", ca).replace("$(REGION_NUMBER)", str(context.number))
    return [document for document in yaml_text.load_all(text) if document]


def _apply_patiently(client: KubeClient, document: dict[str, Any]) -> None:
    """Apply one object; refusals of a server that is still warming up are tried again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.apply(document, field_manager=FIELD_MANAGER, force=True)
            return
        except KubeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
