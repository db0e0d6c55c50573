"""kubeconform, strict: every manifest against the schema of its kind; a kind without a schema is a fault."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import tool_path
from lint import cache, schemas
from lint.finding import Finding
from lint.manifests import Manifest

CHECK = "kubeconform"
_CRD = "CustomResourceDefinition"
# Where definitions are kept as data, those that a cluster brings with it among them.
_KEPT = "components/kubernetes/definitions"
# One fault in kubeconform's message: its list of errors holds the outermost alone.
_FAULT = re.compile(r"- at '([^']*)': (.+?)(?=\s+- at '|$)", re.DOTALL)
_LOCATION = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json"


def findings(manifests: Sequence[Manifest], crds: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Return what kubeconform finds in the manifests; kinds of our own are judged by these definitions."""
    with tempfile.TemporaryDirectory(prefix="headgate-lint-") as name:
        folder = Path(name)
        for version, kind in {(each.body["apiVersion"], each.body["kind"]) for each in manifests}:
            found = schemas.schema(version, kind, crds)
            if found is not None:
                group, _, release = version.rpartition("/")
                (folder / f"{group or release}_{release}_{kind.lower()}.json").write_text(json.dumps(found))
        files = {}
        for number, each in enumerate(manifests):
            path = folder / "manifests" / f"{number:05}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(each.body))
            files[str(path)] = each
        return [*_read(_run(folder), files)]


def definitions(manifests: Iterable[Manifest]) -> list[Mapping[str, Any]]:
    """Return the definitions of our own kinds: those that a stack deploys, and those that are kept as data."""
    found: list[Mapping[str, Any]] = [each.body for each in manifests if each.body.get("kind") == _CRD]
    for path in sorted((cache.CHECKOUT / _KEPT).glob("*.json")):
        found += json.loads(path.read_text(encoding="utf-8"))["definitions"]
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
    """Yield the findings of a report; what was valid is in none (and nothing is told to be skipped)."""
    for each in sorted(resources, key=lambda each: each["filename"]):
        manifest = files[each["filename"]]
        faults = _FAULT.findall(each["msg"])
        for place, fault in faults:
            yield Finding(CHECK, "schema", manifest.label, f"{place or '/'}: {fault}")
        if not faults:
            rule = "no-schema" if "could not find schema" in each["msg"] else "unreadable"
            kind = f"{manifest.body.get('apiVersion')} {manifest.body.get('kind')}"
            text = f"neither Kubernetes, nor what the stacks define, nor {_KEPT} has it"
            yield Finding(CHECK, rule, manifest.label, f"{kind}: {text if rule == 'no-schema' else each['msg']}")
