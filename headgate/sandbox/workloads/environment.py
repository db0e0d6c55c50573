"""A container's environment, resolved as a kubelet does, with this machine's way to the API server and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.sandbox.kube import Document
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads.failures import NotYetError, UnrunnableError
from headgate.sandbox.workloads.rewrite import expand
from headgate.sandbox.workloads.sources import Sources, field_of


def given(state: StateDir, facts: RegionFacts, pod: Document) -> dict[str, str]:
    """Return what every container gets: the API server, the proxy out, the CA to trust."""
    proxy = f"http://127.0.0.1:{facts.ports['egress']['proxy']}"
    ca = str(state.pki / "ca.crt")
    return {
        "HOSTNAME": pod["metadata"]["name"],
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(facts.ports["kube-apiserver"]["https"]),
        "KUBERNETES_SERVICE_PORT_HTTPS": str(facts.ports["kube-apiserver"]["https"]),
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "SSL_CERT_FILE": ca,
        "REQUESTS_CA_BUNDLE": ca,
    }


def of_container(container: Mapping[str, Any], pod: Document, sources: Sources) -> dict[str, str]:
    """Return the variables that the container's spec sets, in its order, so that later ones may use earlier ones."""
    values: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        values.update(_from(source, pod, sources))
    for entry in container.get("env") or []:
        value = _value(entry, pod, sources)
        if value is not None:
            values[entry["name"]] = expand(value, values)
    return values


def _from(source: Mapping[str, Any], pod: Document, sources: Sources) -> dict[str, str]:
    """Return all entries of one ConfigMap or Secret."""
    namespace, prefix = pod["metadata"]["namespace"], source.get("prefix", "")
    if "configMapRef" in source:
        ref = source["configMapRef"]
        entries = sources.config_map(namespace, ref["name"], ref.get("optional", False))
    else:
        ref = source["secretRef"]
        entries = sources.secret(namespace, ref["name"], ref.get("optional", False))
    return {f"{prefix}{key}": value.decode() for key, value in entries.items()}


def _value(entry: Mapping[str, Any], pod: Document, sources: Sources) -> str | None:
    """Return one variable's value, None where it is optional and absent."""
    reference = entry.get("valueFrom")
    if not reference:
        return str(entry.get("value", ""))
    namespace = pod["metadata"]["namespace"]
    if "fieldRef" in reference:
        return field_of(pod, reference["fieldRef"]["fieldPath"])
    for kind, read in (("configMapKeyRef", sources.config_map), ("secretKeyRef", sources.secret)):
        if kind in reference:
            ref = reference[kind]
            return _key(read(namespace, ref["name"], ref.get("optional", False)), ref)
    raise UnrunnableError(f"the sandbox does not resolve {', '.join(reference)} of variable {entry['name']}")


def _key(entries: Mapping[str, bytes], ref: Mapping[str, Any]) -> str | None:
    """Return one entry of a ConfigMap or Secret."""
    if ref["key"] in entries:
        return entries[ref["key"]].decode()
    if ref.get("optional", False):
        return None
    raise NotYetError(f"{ref['name']} has no key {ref['key']}")
