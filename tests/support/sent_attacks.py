"""Attacks of the table as requests to an API server of the sandbox, where they are sent as a dry run.

Judges nothing. What has to be there before is laid out for real: the object that an update changes, and the definition
of the custom resource that nobody has heard of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from attack_table import Attack, sound
from running_platform import eventually

from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.kube.client import STRATEGIC_PATCH

_CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "farms.jobs.example.com")
_FARM = {
    "group": "jobs.example.com",
    "names": {"kind": "Farm", "plural": "farms"},
    "scope": "Namespaced",
    "versions": [
        {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }
    ],
}
_DRY = {"dryRun": "All"}


def said(client: KubeClient, attack: Attack) -> str:
    """Send an attack, and return what the API server says to it: nothing, where it lets it through."""
    document, kind = here(attack.document), attack.document["kind"]
    metadata, sub = document["metadata"], attack.request.get("subResource", "")
    try:
        if attack.request.get("operation") == "CONNECT":
            place = f"namespaces/{metadata['namespace']}/" if "namespace" in metadata else ""
            client.request("POST", f"/api/v1/{place}{_connected(kind)}/{metadata['name']}/{sub}")
        elif attack.request.get("options", {}).get("kind") == "PatchOptions":
            client.apply(document, field_manager="intruder", force=True, dry_run=True)
        elif attack.request.get("was"):
            path = _path(client, document, metadata["name"]) + (f"/{sub}" if sub else "")
            client.request("PATCH", path, query=_DRY, body=document, content_type=STRATEGIC_PATCH)
        else:
            client.request("POST", _path(client, document), query=_DRY, body=document)
    except KubeError as error:
        return error.message
    return ""


def here(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document of the table as somebody would write it for the sandbox's own registry."""
    text = json.dumps(document)
    for prod, own in (("hgplatformprod", "hgplatformsandbox"), ("HGPLATFORMPROD", "HGPLATFORMSANDBOX")):
        text = text.replace(prod, own)
    found: dict[str, Any] = json.loads(text)
    return found


def _path(client: KubeClient, document: dict[str, Any], name: str | None = None) -> str:
    """Return where a document goes. The table gives a ClusterRole that is made of a Role a namespace; it has none."""
    if not client.resource(document["apiVersion"], document["kind"]).namespaced:
        document["metadata"].pop("namespace", None)
    return client.path(document["apiVersion"], document["kind"], document["metadata"].get("namespace"), name)


def _connected(options: str) -> str:
    """Return what is connected to: a session is no object of its own."""
    return next(f"{kind.lower()}s" for kind in ("Pod", "Service", "Node") if options.startswith(kind))


@contextmanager
def laid_out(client: KubeClient) -> Iterator[None]:
    """Have a sound pod run, and a kind of its own be known, and take both away again."""
    pod = next(here(each.document) for each in sound() if each.name == "pod")
    version, kind, name = _CRD
    try:
        client.request("POST", _path(client, pod), body=pod)
        definition = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": _FARM}
        client.request("POST", client.path(version, kind), body=definition)
        eventually(lambda: _serves(client), "the new kind is served")
        yield
    finally:
        for each in ((version, kind, name, None), ("v1", "Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])):
            with suppress(KubeError):
                client.delete(*each)


def _serves(client: KubeClient) -> bool:
    try:
        return bool(client.resource("jobs.example.com/v1", "Farm"))
    except KubeError:
        return False
