"""Custom resource definitions of the modules that toolchain/kubernetes/go.mod pins, as `make docs` vendors them.

Descriptions are left out, which are much of the text and nothing to an API server; everything else is upstream's.
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
        "spec": _without_descriptions(document["spec"]),
    }


def _without_descriptions(value: Any) -> Any:
    """Drop texts that describe; a field that is called `description` has a schema, not a text."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not (key == "description" and isinstance(item, str))}
        return {key: _without_descriptions(item) for key, item in kept.items()}
    return [_without_descriptions(item) for item in value] if isinstance(value, list) else value


def text(name: str) -> str:
    """Return a family's file: one definition a line, so that a change of version can be read."""
    document = vendored(*SOURCES[name])
    lines = ",\n".join(json.dumps(each, separators=(",", ":"), sort_keys=True) for each in document["definitions"])
    head = f'"module":{json.dumps(document["module"])},"version":{json.dumps(document["version"])}'
    return f'{{{head},"definitions":[\n{lines}\n]}}\n'
