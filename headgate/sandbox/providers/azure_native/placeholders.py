"""What a plan-only preview is answered where Azure would have handed out credentials: known, and worth nothing.

The engine takes no unknown answer of a function, and a provider that knows its cluster plans more than one that does
not. No program reaches anything with it: `.invalid` is a name that never resolves.
"""

from __future__ import annotations

import base64
from typing import Any

import yaml

from headgate.sandbox.providers.protocol.values import Secret

NOTHING = "plan-only"


def kubeconfig(cluster: str) -> str:
    """Return a kubeconfig that names a cluster, and opens nothing."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": f"https://{cluster}.{NOTHING}.invalid"}}],
        "users": [{"name": NOTHING, "user": {}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": NOTHING}}],
        "current-context": cluster,
    }
    return yaml.safe_dump(document, sort_keys=False)


def credentials(result: str, name: str) -> dict[str, Any]:
    """Return the answer of a function that lists the credentials of a resource."""
    text = base64.b64encode(kubeconfig(name).encode()).decode() if result == "kubeconfigs" else NOTHING
    return {result: [{"name": NOTHING, "keyName": NOTHING, "value": Secret(text)}]}
