"""Custom resource definitions, vendored as data from pinned Go modules.

`make docs` writes the files (docs/vendor.py), `make lint` compares; each says of which module and version it is.
"""

import functools
import json
from pathlib import Path
from typing import Any

FAMILIES = ("argo-rollouts", "azure-monitor", "karpenter", "keda", "policy-report", "prometheus-operator")


@functools.cache
def family(name: str) -> dict[str, Any]:
    """Return a family: `module`, `version`, and its `definitions`."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))
    return document


def definitions(name: str) -> list[dict[str, Any]]:
    """Return the definitions of a family."""
    found: list[dict[str, Any]] = family(name)["definitions"]
    return found
