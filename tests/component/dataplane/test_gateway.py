"""The gateway's address: in its certificate, and in the status of its Ingresses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from headgate.model import ModelRegistry
from headgate.sandbox import network
from headgate.sandbox.control import RegionEndpoints
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import hosts_of
from headgate.sandbox.smoke import smoke

pytestmark = pytest.mark.component

Wait = Callable[[Callable[[], Any], str], Any]
ADDRESS = "10.224.0.200"
NAMESPACE = "headgate-gateway"


@pytest.fixture(scope="module")
def namespace(kube: KubeClient) -> Iterator[str]:
    """Make the gateway's namespace."""
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, field_manager="test")
    yield NAMESPACE
    kube.delete("v1", "Namespace", NAMESPACE)


@pytest.fixture
def gateway(kube: KubeClient, namespace: str, wait: Wait) -> Iterator[str]:
    """Make the gateway's Service; the address is the one that the region's cloud stand-in gives, or ours."""
    metadata = {"name": "gateway", "namespace": namespace}
    spec = {"type": "LoadBalancer", "ports": [{"name": "https", "port": 443, "targetPort": 8443}]}
    kube.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}, field_manager="test")
    status = {"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}}
    kube.patch("v1", "Service", "gateway", status, namespace=namespace, subresource="status")
    yield ADDRESS
    if kube.list("v1", "Service", namespace)["items"]:
        kube.delete("v1", "Service", "gateway", namespace=namespace)


def test_the_gateway_is_reached_by_its_address_and_by_its_hosts_names(
    gateway: str,
    served: Any,
    models: ModelRegistry,
    sandbox: StateDir,
    region: RegionEndpoints,
    wait: Wait,
    example: Path,
) -> None:
    """Whoever deploys sees the address on the Ingress; whoever calls finds a certificate for it and for the host."""
    pushed = models.push(example, f"gate/{served.name}", "1.0.0")
    served.deploy(pushed.reference)
    host = f"{served.name}.models.example"
    kube = served.kube
    tls = {"spec": {"tls": [{"hosts": [host]}]}}
    kube.patch("networking.k8s.io/v1", "Ingress", served.name, tls, namespace=served.namespace)

    def ingress_addresses() -> list[dict[str, str]]:
        document = kube.get("networking.k8s.io/v1", "Ingress", served.name, served.namespace)
        rows: list[dict[str, str]] = document["status"].get("loadBalancer", {}).get("ingress") or []
        return rows

    wait(lambda: network.resolve(sandbox, gateway, 443), "the workload runner says where the address leads")
    wait(lambda: [row.get("ip") for row in ingress_addresses()] == [gateway], "the Ingress shows the address")
    certificate = sandbox.region(region.cluster) / "pki/gateway.crt"
    names = {gateway, host, "localhost"}
    wait(lambda: names <= hosts_of(x509.load_pem_x509_certificate(certificate.read_bytes())), "the certificate's names")
    wait(lambda: served.ready(1), "the pod is ready")
    sample = json.loads((example / "samples.json").read_text())[0]["request"]
    assert smoke(f"https://{gateway}", served.name, sample, state=sandbox, patience=20).status == 200
