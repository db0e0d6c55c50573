"""ProgressiveDelivery: Argo Rollouts in a cluster, with its kinds and no more rights than it uses.

Owns the namespace `headgate-delivery` and the definitions of group `argoproj.io`. Does not own rollouts: each
ModelDeployment brings its own.
"""

from typing import Any, Optional

import pulumi
import yaml
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding

from components.contract.delivery import ProgressiveDeliveryArgs
from components.kubernetes.delivery_pod import HEALTH_PORT, METRICS_PORT, client_configuration, pod
from components.kubernetes.delivery_rights import CLUSTER_RULES, OWN_RULES
from components.kubernetes.labels import labels
from components.kubernetes.objects import known_kinds
from components.kubernetes.own_namespace import own_namespace
from components.kubernetes.replicated import Replicated

NAMESPACE = "headgate-delivery"
_NAME = "rollouts"
_SELECTOR = {"app.kubernetes.io/name": "rollouts-controller"}


class ProgressiveDelivery(pulumi.ComponentResource):
    """What a cluster needs so that new versions of models take over step by step."""

    controller: pulumi.Output[str]
    """Name of the controller's Deployment; known once it runs, so what depends on it is rolled out."""

    def __init__(
        self,
        name: str,
        args: ProgressiveDeliveryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ProgressiveDelivery", name, dict(args), opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"]) | _SELECTOR
        self._options = pulumi.ResourceOptions(parent=self)

        kinds = self._kinds()
        namespace = own_namespace(name, NAMESPACE, self._labels, self._options)
        self._namespace_name = namespace.metadata.name
        self._policies()
        account = self._account()
        rights = self._rights(account)
        deployment = self._deployment(account, [*kinds, *rights])

        self.controller = deployment.metadata.name
        self.register_outputs({"controller": self.controller})

    def _metadata(self, name: str = _NAME) -> dict[str, Any]:
        return {"name": name, "namespace": self._namespace_name, "labels": self._labels}

    def _kinds(self) -> list[pulumi.CustomResource]:
        """Make Rollout, AnalysisTemplate and their like known to the API server."""
        return known_kinds(self._name, "argo-rollouts", self._labels, self._options)

    def _policies(self) -> None:
        """Let monitoring in, and the controller out to the API server and to where it measures."""
        NetworkPolicy(
            f"{self._name}-traffic",
            metadata=self._metadata("rollouts-traffic"),
            spec={
                "pod_selector": {"match_labels": _SELECTOR},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"protocol": "TCP", "port": port} for port in (METRICS_PORT, HEALTH_PORT)]}],
                "egress": [{"ports": [{"protocol": "TCP", "port": port} for port in (443, 6443)]}],
            },
            opts=self._options,
        )

    def _account(self) -> ServiceAccount:
        """Make the controller's identity; its token is mounted by hand, for an hour at a time."""
        return ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata(),
            automount_service_account_token=False,
            opts=self._options,
        )

    def _rights(self, account: ServiceAccount) -> list[pulumi.Resource]:
        """Give the controller what it does in every namespace, and what it keeps in its own."""
        group = "rbac.authorization.k8s.io"
        subjects = [{"kind": "ServiceAccount", "name": account.metadata.name, "namespace": self._namespace_name}]
        everywhere = {"name": "headgate-rollouts", "labels": self._labels}
        cluster_role = ClusterRole(f"{self._name}-role", metadata=everywhere, rules=CLUSTER_RULES, opts=self._options)
        role = Role(f"{self._name}-own-role", metadata=self._metadata(), rules=OWN_RULES, opts=self._options)
        return [
            ClusterRoleBinding(
                f"{self._name}-binding",
                metadata=everywhere,
                role_ref={"api_group": group, "kind": "ClusterRole", "name": cluster_role.metadata.name},
                subjects=subjects,
                opts=self._options,
            ),
            RoleBinding(
                f"{self._name}-own-binding",
                metadata=self._metadata(),
                role_ref={"api_group": group, "kind": "Role", "name": role.metadata.name},
                subjects=subjects,
                opts=self._options,
            ),
        ]

    def _deployment(self, account: ServiceAccount, after: list[pulumi.Resource]) -> Deployment:
        """Run the controller, keep one while nodes are drained, and give its metrics a name to ask."""
        configuration = ConfigMap(
            f"{self._name}-configuration",
            metadata=self._metadata("rollouts-client"),
            data={"kubeconfig": yaml.safe_dump(client_configuration(NAMESPACE), sort_keys=False)},
            opts=self._options,
        )
        program = Replicated(
            self._name,
            self._metadata(),
            self._args["ownership"],
            _SELECTOR,
            self._args.get("replicas", 2),
            self._options,
        )
        program.disruption_budget()
        program.service("metrics", METRICS_PORT, "metrics")
        made = pod(self._args["image"], account.metadata.name, configuration.metadata.name, _SELECTOR)
        return program.deployment(made, after)
