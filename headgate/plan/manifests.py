"""Kubernetes manifests as a resource view, each property with its line.

Reads YAML streams, JSON, Lists and AdmissionReviews. Owns positions; knows no rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.plan.opaque import Path
from headgate.plan.view import Operation, Resource, Source, View, kubernetes_identity
from headgate.yaml_text import LOADER

# More nodes than any honest file has once its aliases are written out.
_MAX_NODES = 5_000_000
_MAX_DEPTH = 400
_OWN_GROUPS = {"", "apps", "autoscaling", "batch", "policy"}
_OF_A_LIST = {"apiVersion", "kind", "metadata", "items"}
# What JSON has. Of bytes, dates and sets readers make different things.
_STANDARD = "tag:yaml.org,2002:"
_TAGS = {_STANDARD + kind for kind in ("null", "bool", "int", "float", "str", "seq", "map", "merge", "value")}
_OTHER_THAN_BRACKETS = re.compile(r"[^\[\]{}]+")
_DASHES = re.compile(r"(?:- ){8,}")


class _ManifestLoader(LOADER):  # type: ignore[misc, valid-type]
    """Kubernetes' reading of YAML: dates stay text, and a key may not come twice."""


_ManifestLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in LOADER.yaml_implicit_resolvers.items()
}


def from_text(text: str, origin: str) -> list[Resource]:
    """Return every object of a YAML stream or JSON document."""
    _refuse_depth(text, origin)
    try:
        loader = _ManifestLoader(text)
        try:
            return list(_documents(loader, origin))
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise HeadgateError(
            "the manifest is not valid YAML, so nothing was judged",
            where=f"{origin}:{mark.line + 1}" if mark else origin,
            found=str(getattr(error, "problem", None) or error),
            expected="Kubernetes objects; a template must be rendered first",
            fix="correct the line, or hand over the output of `helm template` or `kustomize build`",
        ) from error


def view(files: Mapping[str, str]) -> View:
    """Return the view of several files: name to text."""
    resources = tuple(resource for name, text in files.items() for resource in from_text(text, name))
    if not resources:
        raise HeadgateError(
            "there is nothing to judge",
            where=", ".join(files),
            found="no Kubernetes object",
            expected="at least one",
            fix="name files that hold manifests",
        )
    return View(resources, ", ".join(files))


def _documents(loader: Any, origin: str) -> Iterator[Resource]:
    while loader.check_node():
        node = loader.get_node()
        _refuse_tricks(node, origin)
        value = loader.construct_document(node)
        if value is None:
            continue
        yield from _objects(value, node, (), origin)


def _refuse_depth(text: str, origin: str) -> None:
    """Refuse what is nested beyond measure: the parser in C would end the process on it, with no message."""
    depth = deepest = 0
    for bracket in _OTHER_THAN_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    dashes = max((match.end() - match.start() for match in _DASHES.finditer(text)), default=0)
    if max(deepest, dashes // 2) > _MAX_DEPTH:
        raise HeadgateError(
            "the manifest can't be read safely, so nothing was judged",
            where=origin,
            found="values nested beyond measure",
            expected=f"at most {_MAX_DEPTH} levels",
            fix="correct the file",
        )


def _refuse_tricks(root: yaml.Node, origin: str) -> None:
    """Refuse a key that comes twice (readers differ on which one counts) and alias bombs."""
    pending, visited = [root], 0
    while pending:
        node = pending.pop()
        visited += 1
        if visited > _MAX_NODES:
            raise _refused(origin, node, "aliases that expand beyond measure", f"under {_MAX_NODES:,} values")
        if node.tag not in _TAGS:
            shown = node.tag.replace(_STANDARD, "!!")
            raise _refused(origin, node, f"the tag {shown}", "values that JSON has, without a tag")
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            twice = next((key for key in keys if keys.count(key) > 1), None) if len(keys) < 1000 else None
            if twice is not None or len(keys) != len(set(keys)):
                raise _refused(origin, node, f"the key {twice!r} twice in one object", "each key once")
            pending.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)


def _refused(origin: str, node: yaml.Node, found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        "the manifest can't be read safely, so nothing was judged",
        where=f"{origin}:{node.start_mark.line + 1}",
        found=found,
        expected=expected,
        fix="correct the file",
    )


def _objects(value: Any, root: yaml.Node, prefix: Path, origin: str) -> Iterator[Resource]:
    """Yield an object, or the items of a List, at any depth."""
    where = _locator(root, prefix, origin)
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        source = where(())
        raise HeadgateError(
            "this is no Kubernetes object, so nothing was judged",
            where=str(source or origin),
            found=type(value).__name__ if not isinstance(value, dict) else "an object without kind",
            expected="an object with apiVersion and kind",
            fix="take the document out of the files that are checked, or complete it",
        )
    if value["kind"] == "AdmissionReview":
        found = from_review(value, origin)
        part = "oldObject" if found.operation is Operation.DELETE else "object"
        yield replace(found, source=where(()), locate=_locator(root, (*prefix, "request", part), origin))
    elif value["kind"].endswith("List") and isinstance(value.get("items"), list):
        for index, item in enumerate(value["items"]):
            member = dict(item) if isinstance(item, dict) else item
            if isinstance(member, dict) and value["kind"] != "List":
                # A typed list may leave kind and version to its own.
                member.setdefault("kind", value["kind"].removesuffix("List"))
                member.setdefault("apiVersion", value.get("apiVersion"))
            yield from _objects(member, root, (*prefix, "items", index), origin)
        if value.keys() - _OF_A_LIST:
            # A custom kind may end so, and hold more than its items.
            yield _resource(value, where, origin)
    else:
        yield _resource(value, where, origin)


def _resource(value: dict[str, Any], where: Callable[[Path], Source | None], origin: str) -> Resource:
    version = value.get("apiVersion")
    if not isinstance(version, str) or not version:
        raise HeadgateError(
            "this Kubernetes object has no apiVersion, so nothing was judged",
            where=str(where(()) or origin),
            found=repr(version),
            expected="an apiVersion",
            fix="add it",
        )
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = metadata.get("name") or f"{metadata.get('generateName', '')}*"
    namespace = metadata.get("namespace") or ""
    token = f"kubernetes:{version}:{value['kind']}"
    kind, group = kubernetes_identity(token, value)
    _refuse_no_kind(value["kind"], group, str(where(("kind",)) or origin))
    return Resource(
        id="/".join(str(part) for part in (version, value["kind"], namespace, name) if part),
        provider="kubernetes",
        type=token,
        name=str(name),
        operation=Operation.CREATE,
        properties=value,
        kind=kind,
        group=group,
        namespace=str(namespace),
        source=where(()),
        locate=where,
    )


def _refuse_no_kind(kind: str, group: str | None, where: str) -> None:
    """Refuse `pod`: rules are about `Pod`, which alone an API server knows. Kinds of others may be in small letters."""
    if kind[:1].isupper() or (group not in _OWN_GROUPS and not str(group).endswith(".k8s.io")):
        return
    raise HeadgateError(
        "Kubernetes has no such kind, so nothing was judged",
        where=where,
        found=repr(kind),
        expected="a kind as `kubectl api-resources` writes it, such as Pod or ConfigMap",
        fix="correct the letters of the kind",
    )


def from_review(review: Mapping[str, Any], origin: str) -> Resource:
    """Return what an AdmissionReview asks to write; `policies/rego/main/admission` does the same in a cluster."""
    request = review.get("request")
    if not isinstance(request, Mapping) or not isinstance(request.get("kind"), Mapping):
        raise HeadgateError(
            "the AdmissionReview has no request, so nothing was judged",
            where=origin,
            expected="an AdmissionReview v1 as the API server sends it",
        )
    operations = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete", "CONNECT": "connect"}
    operation = operations.get(str(request.get("operation")), "unknown")
    group, version = request["kind"].get("group", ""), request["kind"].get("version", "")
    kind = str(request["kind"].get("kind"))
    prefix = f"{group}/{version}" if group else str(version)
    name, namespace = str(request.get("name") or "*"), str(request.get("namespace") or "")
    value = request.get("oldObject") if operation == "delete" else request.get("object")
    if not isinstance(value, dict) and operation not in ("delete", "connect"):
        raise HeadgateError(
            "the AdmissionReview asks to write nothing, so nothing was judged",
            where=origin,
            found=f"{request.get('operation')} of {kind} {name} without an object",
            expected="the object that is to be written",
        )
    return Resource(
        id="/".join(part for part in (prefix, kind, namespace, name) if part),
        provider="kubernetes",
        type=f"kubernetes:{prefix}:{kind}",
        name=name,
        operation=Operation(operation),
        properties=value if isinstance(value, dict) else {},
        kind=kind,
        group=str(group),
        namespace=namespace,
        subresource=str(request.get("subResource") or ""),
        source=Source(origin, 1),
    )


def _locator(root: yaml.Node, prefix: Path, origin: str) -> Callable[[Path], Source | None]:
    """Return a function from a property to its line; of a missing property, the nearest there is."""

    def locate(path: Path) -> Source | None:
        node = root
        for part in (*prefix, *path):
            child = _child(node, part)
            if child is None:
                break
            node = child
        return Source(origin, node.start_mark.line + 1, node.start_mark.column + 1)

    return locate


def _child(node: yaml.Node, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: yaml.Node = node.value[part]
        return item
    return None
