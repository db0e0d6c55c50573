"""kubeconform, strict: every manifest against the schema of its kind; a kind without a schema is a fault."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import tool_path
from lint import cache, schemas
from lint.finding import Finding
from lint.manifests import Manifest

CHECK = "kubeconform"
_CRD = "CustomResourceDefinition"
# Where definitions of our own are kept, beside those that the components themselves make.
_KEPT = ("components", "headgate/sandbox")
_LOCATION = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json"


def findings(manifests: Sequence[Manifest]) -> list[Finding]:
    """Return what kubeconform finds in the manifests."""
    crds = definitions(manifests)
    with tempfile.TemporaryDirectory(prefix="headgate-lint-") as name:
        folder = Path(name)
        for version, kind in {(each.body["apiVersion"], each.body["kind"]) for each in manifests}:
            found = schemas.schema(version, kind, crds)
            if found is not None:
                group, _, release = version.rpartition("/")
                (folder / f"{group or release}_{release}_{kind.lower()}.json").write_text(json.dumps(found))
        files = {}
        for number, each in enumerate(manifests):
            path = folder / "manifests" / f"{number}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(each.body))
            files[str(path)] = each
        return [*_read(_run(folder), files)]


def definitions(manifests: Iterable[Manifest]) -> list[Mapping[str, Any]]:
    """Return the CRDs: those that are deployed, and those that are kept as data."""
    found: list[Mapping[str, Any]] = [each.body for each in manifests if each.body.get("kind") == _CRD]
    for root in _KEPT:
        for path in sorted((cache.CHECKOUT / root).rglob("*crd*/*.y*ml")) + sorted(
            (cache.CHECKOUT / root).rglob("*crd*/*.json")
        ):
            documents = yaml.load_all(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            found += [each for each in documents if isinstance(each, dict) and each.get("kind") == _CRD]
    return found


def _run(folder: Path) -> list[dict[str, Any]]:
    """Run kubeconform over a folder."""
    location = str(folder / _LOCATION)
    command = [
        str(tool_path("kubeconform")), "-strict", "-output", "json", "-schema-location", location,
        str(folder / "manifests"),
    ]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        resources: list[dict[str, Any]] = json.loads(answer.stdout)["resources"]
    except (ValueError, KeyError) as error:
        raise HeadgateError(
            "kubeconform did not answer, so nothing was checked",
            where=" ".join(command[:2]),
            found=(answer.stdout + answer.stderr)[-400:],
            expected="its JSON report",
            fix="headgate toolchain build kubeconform",
        ) from error
    return resources


def _read(resources: Iterable[Mapping[str, Any]], files: Mapping[str, Manifest]) -> Iterable[Finding]:
    """Yield the findings of a report; what was valid or skipped is none (nothing is told to be skipped)."""
    for each in resources:
        manifest = files[each["filename"]]
        errors = each.get("validationErrors") or []
        for error in errors:
            yield Finding(CHECK, "schema", manifest.label, f"{error.get('path') or '/'}: {error.get('msg')}")
        if not errors:
            rule = "no-schema" if "could not find schema" in each["msg"] else "unreadable"
            kind = f"{manifest.body.get('apiVersion')} {manifest.body.get('kind')}"
            text = "neither Kubernetes nor a CRD under components/ has it" if rule == "no-schema" else each["msg"]
            yield Finding(CHECK, rule, manifest.label, f"{kind}: {text}")
