"""Custom resource definitions of pinned Go modules, as `make docs` vendors them.

Those of programs that the sandbox runs are of the version that toolchain/kubernetes/go.mod pins; those of programs that
a cluster brings are pinned here, by version and checksum.

Two things differ from upstream, for a definition is in each checkpoint of each update: descriptions are left out, and
pod templates are open (the controller validates them, and `make lint` by Kubernetes' own schema: lint/schemas.py).
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import HeadgateError

PINS = Path(__file__).resolve().parents[1] / "toolchain" / "kubernetes"


@dataclass(frozen=True)
class Source:
    """Files of a module; version and checksum where no `go.mod` of ours has them."""

    module: str
    patterns: tuple[str, ...]
    version: str = ""
    checksum: str = ""
    group: str = ""
    """API group in place of the module's own."""


_OPERATOR = Source(
    "github.com/prometheus-operator/prometheus-operator",
    ("example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",),
    "v0.85.0",
    "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
)
SOURCES = {
    "argo-rollouts": Source("github.com/argoproj/argo-rollouts", ("manifests/crds/*-crd.yaml",)),
    "karpenter": Source("sigs.k8s.io/karpenter", ("pkg/apis/crds/*.yaml", "kwok/apis/crds/*.yaml")),
    "keda": Source(
        "github.com/kedacore/keda/v2",
        ("config/crd/bases/keda.sh_scaledobjects.yaml", "config/crd/bases/keda.sh_triggerauthentications.yaml"),
        "v2.20.2",
        "h1:SR60v8uIcelbveS8n/1jcl8tLdBBIbHMxmdOHw8tKqA=",
    ),
    # The working group's own repository is no Go module; kyverno keeps its definitions as they are.
    "policy-report": Source(
        "github.com/kyverno/kyverno",
        ("config/crds/policyreport/*.yaml",),
        "v1.13.4",
        "h1:2zUi+eszlisLdCir+WIf2NtuUfFPvJtjUNpewdtLjVw=",
    ),
    "prometheus-operator": _OPERATOR,
    # Azure's metrics add-on serves the operator's kind under a group of its own.
    "azure-monitor": replace(_OPERATOR, group="azmonitoring.coreos.com"),
}


def files(source: Source) -> tuple[str, list[Path]]:
    """Return the version of a pinned module, and the files that are wanted of it."""
    wanted = f"{source.module}@{source.version}" if source.version else source.module
    answer = subprocess.run(
        ["go", "mod", "download", "-json", wanted], cwd=PINS, capture_output=True, text=True, check=True
    )
    found = json.loads(answer.stdout)
    if source.checksum not in ("", found["Sum"]):
        raise HeadgateError(
            "a module is not the one that was vendored",
            where="docs/vendor.py",
            found=f"{wanted} {found['Sum']}",
            expected=source.checksum,
            fix="find out why it differs; change the pin only for a version that you have read",
        )
    return found["Version"], sorted(path for pattern in source.patterns for path in Path(found["Dir"]).glob(pattern))


def vendored(source: Source) -> dict[str, Any]:
    """Return a family's document from the pinned module."""
    version, paths = files(source)
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    return {
        "module": source.module,
        "version": version,
        "definitions": [_bare(_regrouped(document, source.group)) for document in sorted(documents, key=_name)],
    }


def _regrouped(document: dict[str, Any], group: str) -> dict[str, Any]:
    """Return a definition under another API group, where one is given."""
    if not group:
        return document
    spec = {**document["spec"], "group": group}
    return {**document, "metadata": {"name": f"{spec['names']['plural']}.{group}"}, "spec": spec}


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
    document = vendored(SOURCES[name])
    lines = ",\n".join(json.dumps(each, separators=(",", ":"), sort_keys=True) for each in document["definitions"])
    head = f'"module":{json.dumps(document["module"])},"version":{json.dumps(document["version"])}'
    return f'{{{head},"definitions":[\n{lines}\n]}}\n'
