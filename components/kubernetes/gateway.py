"""ServingGateway: the ingress class `headgate`, its controller, and the one address by which a cluster is reached.

Does not own routes: each ModelDeployment brings its own Ingress.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import IngressClass, NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding

from components import sizing
from components.contract.gateway import ServingGatewayArgs
from components.kubernetes.labels import labels, pod_labels
from components.kubernetes.model_pod import GRPC_PORT, HTTP_PORT
from components.kubernetes.network import GATEWAY_NAMESPACE, INGRESS_CLASS
from components.kubernetes.own_namespace import own_namespace
from components.kubernetes.pods import container_security, pod_security, spread

_PORT = 8443
_SELECTOR = {"app.kubernetes.io/name": "gateway"}


class ServingGateway(pulumi.ComponentResource):
    """The one way into a cluster's models."""

    address: pulumi.Output[str]
    """Address of the gateway inside the network."""

    def __init__(
        self,
        name: str,
        args: ServingGatewayArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ServingGateway", name, dict(args), opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"]) | _SELECTOR
        self._options = pulumi.ResourceOptions(parent=self)

        namespace = own_namespace(name, GATEWAY_NAMESPACE, self._labels, self._options)
        self._namespace_name = namespace.metadata.name
        account = self._account()
        self._policies()
        deployment = self._deployment(account)
        self._disruption_budget()
        self._ingress_class()
        service = self._service(deployment)

        self.address = service.status.apply(_first_address)
        self.register_outputs({"address": self.address})

    def _metadata(self, **more: Any) -> dict[str, Any]:
        return {"name": "gateway", "namespace": self._namespace_name, "labels": self._labels, **more}

    def _account(self) -> ServiceAccount:
        """Make the controller's identity: it reads routes and what is behind them, and writes their status."""
        account = ServiceAccount(f"{self._name}-account", metadata=self._metadata(), opts=self._options)
        read = ["get", "list", "watch"]
        role = ClusterRole(
            f"{self._name}-role",
            metadata={"name": "headgate-gateway", "labels": self._labels},
            rules=[
                {"api_groups": [""], "resources": ["services"], "verbs": read},
                {"api_groups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
                {"api_groups": ["networking.k8s.io"], "resources": ["ingresses", "ingressclasses"], "verbs": read},
                {"api_groups": ["networking.k8s.io"], "resources": ["ingresses/status"], "verbs": ["update", "patch"]},
            ],
            opts=self._options,
        )
        ClusterRoleBinding(
            f"{self._name}-binding",
            metadata={"name": "headgate-gateway", "labels": self._labels},
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role.metadata.name},
            subjects=[
                {"kind": "ServiceAccount", "name": account.metadata.name, "namespace": self._namespace_name},
            ],
            opts=self._options,
        )
        return account

    def _policies(self) -> None:
        """Allow the edge in, and the gateway out to models and the API server."""
        NetworkPolicy(
            f"{self._name}-traffic",
            metadata=self._metadata(),
            spec={
                "pod_selector": {"match_labels": _SELECTOR},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"protocol": "TCP", "port": _PORT}]}],
                "egress": [
                    {"to": [{"namespace_selector": {"match_expressions": [_TEAMS]}}], "ports": _MODELS},
                    {"ports": [_tcp(443)]},
                ],
            },
            opts=self._options,
        )

    def _deployment(self, account: ServiceAccount) -> Deployment:
        """Run the ingress controller."""
        return Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(),
            spec={
                "replicas": self._args.get("replicas", 2),
                "selector": {"match_labels": _SELECTOR},
                "template": {
                    "metadata": {"labels": pod_labels(self._args["ownership"]) | _SELECTOR},
                    "spec": {
                        "service_account_name": account.metadata.name,
                        "security_context": pod_security(),
                        "topology_spread_constraints": spread(_SELECTOR),
                        "containers": [self._container()],
                    },
                },
            },
            opts=self._options,
        )

    def _container(self) -> dict[str, Any]:
        """Describe the controller's container."""
        probe = {"http_get": {"path": "/healthz", "port": "health"}}
        return {
            "name": "gateway",
            "image": self._args["image"],
            "args": [f"--ingress-class={INGRESS_CLASS}", f"--https-port={_PORT}", "--health-port=8081"],
            "ports": [
                {"name": "https", "container_port": _PORT},
                {"name": "health", "container_port": 8081},
            ],
            "startup_probe": {**probe, "failure_threshold": 30, "period_seconds": 2},
            "readiness_probe": {**probe, "period_seconds": 5},
            "liveness_probe": {**probe, "period_seconds": 10},
            "resources": {
                "requests": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "256Mi"},
                "limits": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "256Mi"},
            },
            "security_context": container_security(),
        }

    def _disruption_budget(self) -> None:
        """Keep some gateway while nodes are drained."""
        PodDisruptionBudget(
            f"{self._name}-disruption-budget",
            metadata=self._metadata(),
            spec={"max_unavailable": sizing.may_be_unavailable(2), "selector": {"match_labels": _SELECTOR}},
            opts=self._options,
        )

    def _ingress_class(self) -> None:
        """Make the class that routes name."""
        IngressClass(
            f"{self._name}-class",
            metadata={"name": INGRESS_CLASS, "labels": self._labels},
            spec={"controller": "headgate.dev/gateway"},
            opts=self._options,
        )

    def _balancer(self) -> dict[str, str]:
        """Say to Azure's cloud controller what kind of load balancer is wanted."""
        prefix = "service.beta.kubernetes.io/azure"
        annotations = {f"{prefix}-load-balancer-internal": "false" if self._args.get("public", False) else "true"}
        if self._args.get("clients"):
            annotations[f"{prefix}-allowed-service-tags"] = "AzureTrafficManager"
        if "private_link_name" in self._args:
            annotations |= {
                f"{prefix}-pls-create": "true",
                f"{prefix}-pls-name": self._args["private_link_name"],
                f"{prefix}-pls-visibility": "*",
                f"{prefix}-pls-ip-configuration-subnet": self._args.get("private_link_subnet", "gateway"),
            }
        return annotations

    def _service(self, deployment: Deployment) -> Service:
        """Make the address: internal, with a private link for the edge where asked, or public."""
        clients = self._args.get("clients", [])
        return Service(
            f"{self._name}-service",
            metadata=self._metadata(annotations=self._balancer()),
            spec={
                **({"load_balancer_source_ranges": clients} if clients else {}),
                "type": "LoadBalancer",
                "selector": _SELECTOR,
                "ports": [{"name": "https", "port": 443, "target_port": "https", "protocol": "TCP"}],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )


def _tcp(port: int) -> dict[str, Any]:
    return {"protocol": "TCP", "port": port}


_TEAMS = {"key": "headgate.dev/team", "operator": "Exists"}
_MODELS = [_tcp(HTTP_PORT), _tcp(GRPC_PORT)]


def _first_address(status: Any) -> str:
    """Return the address that the cloud gave to the gateway."""
    entry = status.load_balancer.ingress[0]
    return str(entry.ip or entry.hostname)
