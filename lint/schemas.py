"""JSON schemas for kubeconform: from the OpenAPI documents of the pinned Kubernetes module, and from our own CRDs.

Owns the translation: closed objects (what the schema does not name is a fault), one file for each kind, with only the
definitions that it reaches. The documents come with the module that `toolchain/kubernetes` pins.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache as memoised
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain.catalogue import KUBERNETES
from headgate.sandbox.toolchain.pins import MODULES
from lint import cache

Schema = dict[str, Any]
_REF = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_POD_TEMPLATE = "io.k8s.api.core.v1.PodTemplateSpec"
# What docs/vendor.py leaves of a pod template in a vendored definition.
_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
# Annotations of OpenAPI that a validator has no use for.
_DROPPED = frozenset({"description", "default", "example", "externalDocs", "title"})
_FORMAT = 2


def schema(version: str, kind: str, crds: Iterable[Mapping[str, Any]]) -> Schema | None:
    """Return the schema of a kind, or None where neither Kubernetes nor a CRD of ours has it."""
    own = _own(version, kind, crds)
    return own if own is not None else _builtin(version, kind)


def _builtin(version: str, kind: str) -> Schema | None:
    """Return the schema of a kind of Kubernetes itself."""
    name = f"openapi-{cache.digest(KUBERNETES, _FORMAT, version, kind)}"
    kept = cache.load(name)
    if kept is None:
        definitions = _definitions(version)
        root = next((key for key, each in definitions.items() if _is(each, version, kind)), None)
        kept = {} if root is None else _standalone(root, definitions)
        cache.keep(name, kept)
    return kept or None


def _own(version: str, kind: str, crds: Iterable[Mapping[str, Any]]) -> Schema | None:
    """Return the schema of a kind that a CRD defines."""
    group, _, release = version.rpartition("/")
    for crd in crds:
        spec = crd["spec"]
        if (spec["group"], spec["names"]["kind"]) != (group, kind):
            continue
        for each in spec["versions"]:
            if each["name"] == release and each.get("served", True):
                return _of_crd(each["schema"]["openAPIV3Schema"])
    return None


def _of_crd(document: Schema) -> Schema:
    """Return a CRD's schema with what the API server adds to it, and Kubernetes' own of the pod templates in it."""
    definitions = _definitions("v1")
    document = _with_pod_templates(document)
    whole = {**document, "properties": dict(document.get("properties") or {})}
    whole["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": _REF + _META},
    }
    return {**closed(whole), "definitions": _reached(_references(whole), definitions)}


def _with_pod_templates(value: Any) -> Any:
    """Return a schema in which an open field `template` is a pod template."""
    if isinstance(value, list):
        return [_with_pod_templates(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {"$ref": _REF + _POD_TEMPLATE} if name == "template" and item == _OPEN else _with_pod_templates(item)
        for name, item in value.items()
    }


def _standalone(root: str, definitions: Mapping[str, Schema]) -> Schema:
    return {**closed(definitions[root]), "definitions": _reached(_references(definitions[root]), definitions)}


def _reached(names: Iterable[str], definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the definitions that are reached from some."""
    found: dict[str, Schema] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = closed(definitions[name])
            waiting.extend(_references(definitions[name]))
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_REF)
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def closed(value: Any) -> Any:
    """Return a schema as a strict validator wants it; `properties` names fields, so its keys stay as they are."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("x-kubernetes-int-or-string") is True:
        return {"oneOf": [{"type": "integer"}, {"type": "string"}]}
    kept: Schema = {
        name: {field: closed(each) for field, each in item.items()} if name == "properties" else closed(item)
        for name, item in value.items()
        if name not in _DROPPED and not name.startswith("x-")
    }
    reference = kept.get("$ref")
    if isinstance(reference, str):
        kept["$ref"] = reference.replace(_REF, "#/definitions/")
    if value.get("nullable") and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    kept.pop("nullable", None)
    is_open = value.get("x-kubernetes-preserve-unknown-fields") or value.get("x-kubernetes-embedded-resource")
    if "properties" in kept and "additionalProperties" not in kept and not is_open:
        kept["additionalProperties"] = False
    # A reference alone is wrapped, in the documents, to carry a description: unwrapped, a fault is told by its place.
    return kept["allOf"][0] if list(kept) == ["allOf"] and len(kept["allOf"]) == 1 else kept


def _is(definition: Schema, version: str, kind: str) -> bool:
    group, _, release = version.rpartition("/")
    wanted = {"group": group, "version": release, "kind": kind}
    return wanted in (definition.get("x-kubernetes-group-version-kind") or [])


@memoised
def _definitions(version: str) -> dict[str, Schema]:
    """Return the definitions of one API version; a group that Kubernetes does not have has none."""
    file = f"apis__{version.replace('/', '__')}_openapi.json" if "/" in version else f"api__{version}_openapi.json"
    path = module_folder() / "api" / "openapi-spec" / "v3" / file
    if not path.is_file():
        return {}
    found: dict[str, Schema] = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]
    return found


@memoised
def module_folder() -> Path:
    """Return where the pinned Kubernetes module is; Go fetches it if it is not in its cache, and checks its sum."""
    command = ["go", "mod", "download", "-json", "k8s.io/kubernetes"]
    answer = subprocess.run(command, cwd=MODULES / "kubernetes", capture_output=True, text=True, check=False)
    try:
        return Path(json.loads(answer.stdout)["Dir"])
    except (ValueError, KeyError) as error:
        raise HeadgateError(
            "the OpenAPI documents of Kubernetes can't be had",
            where="toolchain/kubernetes",
            found=(answer.stdout + answer.stderr).strip()[-400:],
            expected=f"the module k8s.io/kubernetes {KUBERNETES}",
            fix="see that Go reaches its module proxy (`go env GOPROXY`), then `make lint`",
        ) from error
