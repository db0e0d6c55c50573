"""Custom resource definitions of the modules that toolchain/kubernetes/go.mod pins, as `make docs` vendors them.

Two things differ from upstream, for a definition is in each checkpoint of each update: descriptions are left out, and
pod templates are open (the controller validates them, and `make lint` by Kubernetes' own schema: lint/schemas.py).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

PINS = Path(__file__).resolve().parents[1] / "toolchain" / "kubernetes"
SOURCES = {
    "argo-rollouts": ("github.com/argoproj/argo-rollouts", ("manifests/crds/*-crd.yaml",)),
    "karpenter": ("sigs.k8s.io/karpenter", ("pkg/apis/crds/*.yaml", "kwok/apis/crds/*.yaml")),
}


def vendored(module: str, patterns: tuple[str, ...]) -> dict[str, Any]:
    """Return a family's document from the pinned module."""
    answer = subprocess.run(
        ["go", "mod", "download", "-json", module], cwd=PINS, capture_output=True, text=True, check=True
    )
    found = json.loads(answer.stdout)
    files = sorted(path for pattern in patterns for path in Path(found["Dir"]).glob(pattern))
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return {
        "module": module,
        "version": found["Version"],
        "definitions": [_bare(document) for document in sorted(documents, key=_name)],
    }


def _name(document: dict[str, Any]) -> str:
    return str(document["metadata"]["name"])


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    """Return a definition without descriptions and what a generator left empty."""
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "metadata": {"name": _name(document), "annotations": document["metadata"].get("annotations") or {}},
        "spec": _small(document["spec"]),
    }


def _small(value: Any) -> Any:
    """Open pod templates and drop texts that describe; a field called `description` has a schema, not a text."""
    if isinstance(value, dict):
        if _is_pod_template(value):
            return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        kept = {key: item for key, item in value.items() if not (key == "description" and isinstance(item, str))}
        return {key: _small(item) for key, item in kept.items()}
    return [_small(item) for item in value] if isinstance(value, list) else value


def _is_pod_template(schema: dict[str, Any]) -> bool:
    spec = (schema.get("properties") or {}).get("spec") or {}
    return "containers" in (spec.get("properties") or {})


def text(name: str) -> str:
    """Return a family's file: one definition a line, so that a change of version can be read."""
    document = vendored(*SOURCES[name])
    lines = ",\n".join(json.dumps(each, separators=(",", ":"), sort_keys=True) for each in document["definitions"])
    head = f'"module":{json.dumps(document["module"])},"version":{json.dumps(document["version"])}'
    return f'{{{head},"definitions":[\n{lines}\n]}}\n'
