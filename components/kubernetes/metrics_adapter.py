"""MetricsAdapter: a cluster's custom metrics API, so that an autoscaler can add pods for what they measure.

Owns the namespace `headgate-metrics`, the Prometheus adapter and its certificate, and the API's registration. Does not
own Prometheus, nor the autoscalers, which each deployment brings.
"""

from typing import Any, Optional
from urllib.parse import urlsplit

import pulumi
import yaml
from pulumi_kubernetes.apiregistration.v1 import APIService
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding

from components.contract.metrics_adapter import MetricsAdapterArgs
from components.kubernetes import admission_pods
from components.kubernetes.admission_config import digest
from components.kubernetes.delivery_pod import client_configuration
from components.kubernetes.labels import labels, pod_labels
from components.kubernetes.metrics_adapter_pod import NAME, PORT, TLS_SECRET, pod, rules
from components.kubernetes.own_namespace import own_namespace
from components.kubernetes.replicated import Replicated

NAMESPACE = "headgate-metrics"
GROUP, VERSION = "custom.metrics.k8s.io", "v1beta2"
API = f"{VERSION}.{GROUP}"
# What every runtime for language models reports of itself, and LanguageModelServing scales on.
FIGURES = ["headgate_tokens_in_flight"]
_KEEPER = "adapter-certificates"
_SELECTOR = {"app.kubernetes.io/name": NAME}
_KEEPS = {"app.kubernetes.io/name": _KEEPER}
_KEPT = [f"--namespace={NAMESPACE}", f"--service={NAME}", f"--secret={TLS_SECRET}", f"--api-service={API}"]
_RBAC = "rbac.authorization.k8s.io"
# Kubernetes' own rights for whatever answers for an API: to ask who calls, and whether they may.
_DELEGATOR, _READER = "system:auth-delegator", "extension-apiserver-authentication-reader"


class MetricsAdapter(pulumi.ComponentResource):
    """A cluster's custom metrics API, answered from Prometheus."""

    api: pulumi.Output[str]
    """Name of the API's registration; known once it answers, so what depends on it can be scaled."""

    def __init__(
        self,
        name: str,
        args: MetricsAdapterArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:MetricsAdapter", name, dict(args), opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"])
        self._options = pulumi.ResourceOptions(parent=self)

        namespace = own_namespace(name, NAMESPACE, self._labels, self._options)
        self._namespace_name = namespace.metadata.name
        self._policies()
        keeper = self._keeper()
        account = self._account("account", NAME)
        program = self._program()
        program.disruption_budget()
        service = program.service("https", 443, "https")
        deployment = program.deployment(self._pod(account), [keeper, *self._rights(account)])
        registration = self._registration([service, deployment])

        self.api = registration.metadata.name
        self.register_outputs({"api": self.api})

    def _metadata(self, name: str, more: dict[str, str] | None = None) -> dict[str, Any]:
        return {"name": name, "namespace": self._namespace_name, "labels": self._labels | (more or {})}

    def _policies(self) -> None:
        """Let the API server in, and both programs out to it and to Prometheus."""
        ports = sorted({443, 6443, _port(self._args["prometheus"])})
        NetworkPolicy(
            f"{self._name}-traffic",
            metadata=self._metadata("adapter-traffic"),
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"protocol": "TCP", "port": PORT}]}],
                "egress": [{"ports": [{"protocol": "TCP", "port": port} for port in ports]}],
            },
            opts=self._options,
        )

    def _account(self, suffix: str, name: str) -> ServiceAccount:
        """Make an identity; its token is mounted by hand, for an hour at a time."""
        return ServiceAccount(
            f"{self._name}-{suffix}",
            metadata=self._metadata(name),
            automount_service_account_token=False,
            opts=self._options,
        )

    def _subject(self, account: ServiceAccount) -> list[dict[str, Any]]:
        return [{"kind": "ServiceAccount", "name": account.metadata.name, "namespace": self._namespace_name}]

    def _everywhere(self, name: str) -> dict[str, Any]:
        return {"name": f"headgate-{name}", "labels": self._labels}

    def _keeper(self) -> Deployment:
        """Run what keeps the certificate: one Secret, one registration, nothing else."""
        account = self._account("certificates-account", _KEEPER)
        secrets = {"api_groups": [""], "resources": ["secrets"]}
        role = Role(
            f"{self._name}-certificates-role",
            metadata=self._metadata(_KEEPER),
            rules=[
                {**secrets, "verbs": ["create"]},
                {**secrets, "resource_names": [TLS_SECRET], "verbs": ["get", "patch"]},
            ],
            opts=self._options,
        )
        apis = {"api_groups": ["apiregistration.k8s.io"], "resources": ["apiservices"]}
        cluster_role = ClusterRole(
            f"{self._name}-registration-role",
            metadata=self._everywhere(_KEEPER),
            rules=[{**apis, "resource_names": [API], "verbs": ["get", "patch"]}],
            opts=self._options,
        )
        bound = [
            self._bound("certificates-binding", _KEEPER, role.metadata.name, account),
            self._bound_everywhere("registration-binding", _KEEPER, cluster_role.metadata.name, account),
        ]
        return Deployment(
            f"{self._name}-certificates",
            metadata=self._metadata(_KEEPER, _KEEPS),
            spec={
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"match_labels": _KEEPS},
                "template": {
                    "metadata": {"labels": pod_labels(self._args["ownership"]) | _KEEPS},
                    "spec": admission_pods.certificates(self._args["certificates_image"], account.metadata.name, _KEPT),
                },
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=bound),
        )

    def _rights(self, account: ServiceAccount) -> list[pulumi.Resource]:
        """Let the adapter see which pods there are, and ask who calls it."""
        role = ClusterRole(
            f"{self._name}-role",
            metadata=self._everywhere(NAME),
            rules=[{"api_groups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]}],
            opts=self._options,
        )
        return [
            self._bound_everywhere("binding", NAME, role.metadata.name, account),
            self._bound_everywhere("delegator-binding", f"{NAME}-delegator", _DELEGATOR, account),
            RoleBinding(
                f"{self._name}-reader-binding",
                metadata={"name": f"headgate-{NAME}", "namespace": "kube-system", "labels": self._labels},
                role_ref={"api_group": _RBAC, "kind": "Role", "name": _READER},
                subjects=self._subject(account),
                opts=self._options,
            ),
        ]

    def _bound(self, suffix: str, name: str, role: pulumi.Input[str], account: ServiceAccount) -> RoleBinding:
        """Give an identity a role of the namespace."""
        return RoleBinding(
            f"{self._name}-{suffix}",
            metadata=self._metadata(name),
            role_ref={"api_group": _RBAC, "kind": "Role", "name": role},
            subjects=self._subject(account),
            opts=self._options,
        )

    def _bound_everywhere(
        self, suffix: str, name: str, role: pulumi.Input[str], account: ServiceAccount
    ) -> ClusterRoleBinding:
        """Give an identity a role of the cluster."""
        return ClusterRoleBinding(
            f"{self._name}-{suffix}",
            metadata=self._everywhere(name),
            role_ref={"api_group": _RBAC, "kind": "ClusterRole", "name": role},
            subjects=self._subject(account),
            opts=self._options,
        )

    def _program(self) -> Replicated:
        """Describe the adapter."""
        return Replicated(
            self._name,
            self._metadata(NAME, _SELECTOR),
            self._args["ownership"],
            _SELECTOR,
            self._args.get("replicas", 2),
            self._options,
        )

    def _pod(self, account: ServiceAccount) -> dict[str, Any]:
        """Return the adapter's pod, with its files under a name of their content: what is new restarts it."""
        files = {
            "config.yaml": yaml.safe_dump(rules(self._args.get("figures", FIGURES), self._args["region"])),
            "kubeconfig": yaml.safe_dump(client_configuration(NAMESPACE), sort_keys=False),
        }
        configuration = ConfigMap(
            f"{self._name}-configuration",
            metadata=self._metadata(f"{NAME}-{digest(files).removeprefix('sha256:')[:12]}"),
            data=files,
            opts=self._options,
        )
        return pod(
            self._args["image"], account.metadata.name, configuration.metadata.name, self._args["prometheus"], _SELECTOR
        )

    def _registration(self, after: list[pulumi.Resource]) -> APIService:
        """Register the API. Its authority is put in by the certificate's keeper, which owns that field."""
        return APIService(
            f"{self._name}-api",
            metadata={"name": API, "labels": self._labels},
            spec={
                "group": GROUP,
                "version": VERSION,
                "group_priority_minimum": 100,
                "version_priority": 200,
                "service": {"name": NAME, "namespace": self._namespace_name, "port": 443},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )


def _port(address: pulumi.Input[str]) -> int:
    """Return the port of an address that is known; of one that is yet to come, HTTPS' own."""
    return (urlsplit(address).port or 443) if isinstance(address, str) else 443
