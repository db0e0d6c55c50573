"""Who is who in a region: keys, certificates and kubeconfigs.

Owns `<region>/pki` and `<region>/kubeconfigs`. What is served is signed by the sandbox's CA, which people and workloads
trust; who calls is signed by a CA of the region's own, so that no certificate of one region opens another.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headgate.sandbox.files import write_if_changed, write_private
from headgate.sandbox.pki import Authority, Certificate, key_pem
from headgate.sandbox.region.context import API_SERVICE_IP, RegionContext

ADMIN = "kubernetes-admin"
# Component -> the user that Kubernetes sees. The names of upstream components carry bootstrap roles.
COMPONENTS = {
    "kube-controller-manager": "system:kube-controller-manager",
    "kube-scheduler": "system:kube-scheduler",
    "kwok": "headgate:kwok",
    "metrics-server": "headgate:metrics-server",
    "egress": "headgate:egress",
    "workloads": "headgate:workloads",
    "dataplane": "headgate:dataplane",
    "karpenter": "headgate:karpenter",
}
# Who measures the API server: by Kubernetes' own role, which reads its measurements and nothing else.
MEASURING = "prometheus"
API_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "127.0.0.1",
    API_SERVICE_IP,
)


@dataclass(frozen=True)
class Identities:
    """Paths of everything that the region's processes are given."""

    ca: Path
    client_ca: Path
    apiserver: Certificate
    kubelet: Certificate
    metrics_server: Certificate
    front_proxy: Certificate
    kubelet_client: Certificate
    service_account_key: Path
    service_account_public: Path


def issue(context: RegionContext) -> Identities:
    """Issue what is missing or about to expire, and write the kubeconfigs."""
    serving = Authority(context.state)
    clients = Authority.at(context.pki, f"Headgate region {context.cluster} client CA")
    private, public = service_account_keys(context.pki)
    for component, user in COMPONENTS.items():
        pair = clients.client(component, user)
        write_component_kubeconfig(context, component, pair)
    admin = clients.client("admin", ADMIN, groups=["system:masters"])
    clients.client(MEASURING, f"headgate:{MEASURING}", groups=["system:monitoring"])
    write_if_changed(context.admin_kubeconfig, admin_kubeconfig(context, admin))
    return Identities(
        ca=serving.ca_cert,
        client_ca=clients.ca_cert,
        apiserver=serving.server("apiserver", API_NAMES, context.pki),
        kubelet=serving.server("kubelet", ["127.0.0.1", "localhost"], context.pki),
        metrics_server=serving.server(
            "metrics-server-tls", ["metrics-server.kube-system.svc", "127.0.0.1"], context.pki
        ),
        front_proxy=clients.client("front-proxy", "front-proxy-client"),
        kubelet_client=clients.client("kubelet-client", "kube-apiserver-kubelet-client"),
        service_account_key=private,
        service_account_public=public,
    )


def service_account_keys(directory: Path) -> tuple[Path, Path]:
    """Return the key pair that signs service account tokens; made once, since tokens outlive restarts."""
    private, public = directory / "service-account.key", directory / "service-account.pub"
    if not private.is_file():
        write_private(private, key_pem(ec.generate_private_key(ec.SECP256R1())))
        public.unlink(missing_ok=True)
    if not public.is_file():
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
        encoding = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        write_private(public, key.public_key().public_bytes(*encoding))
    return private, public


def write_component_kubeconfig(context: RegionContext, component: str, pair: Certificate) -> None:
    """Write a component's kubeconfig; it names files, so that a renewed certificate needs no new one."""
    user = {"client-certificate": str(pair.cert), "client-key": str(pair.key)}
    cluster = {"server": context.server, "certificate-authority": str(context.ca)}
    write_if_changed(context.kubeconfig(component), kubeconfig(context.cluster, component, cluster, user))


def admin_kubeconfig(context: RegionContext, pair: Certificate) -> str:
    """Return the administrator's kubeconfig with everything inside, as a cloud hands it out."""
    cluster = {"server": context.server, "certificate-authority-data": encoded(context.ca)}
    user = {"client-certificate-data": encoded(pair.cert), "client-key-data": encoded(pair.key)}
    return kubeconfig(context.cluster, f"clusterAdmin_{context.cluster}", cluster, user)


def kubeconfig(name: str, user_name: str, cluster: dict[str, str], user: dict[str, str]) -> str:
    """Return a kubeconfig of one cluster, one user and one context."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": user_name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user_name}}],
        "current-context": name,
    }
    return yaml.safe_dump(document, sort_keys=False)


def encoded(path: Path) -> str:
    """Return a file as kubeconfigs embed it."""
    return base64.b64encode(path.read_bytes()).decode()
