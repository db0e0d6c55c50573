"""ModelDeployment: a model as pods that scale, behind the gateway.

The model enters as an OCI image volume by digest, and in no other way. Does not own the namespace it runs in.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.core.v1 import Service
from pulumi_kubernetes.networking.v1 import Ingress, NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import sizing
from components.contract.deployment import ModelDeploymentArgs
from components.kubernetes import scaling
from components.kubernetes.gateway import INGRESS_CLASS
from components.kubernetes.labels import labels
from components.kubernetes.model_pod import HTTP_PORT, pod_template, selector
from components.kubernetes.network import GATEWAY_NAMESPACE, in_namespace


class ModelDeployment(pulumi.ComponentResource):
    """One model, served in one cluster."""

    path: pulumi.Output[str]
    """Path of the model behind the gateway."""
    model_image: pulumi.Output[str]
    """What is served, by digest."""

    def __init__(
        self,
        name: str,
        args: ModelDeploymentArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ModelDeployment", name, dict(args), opts)
        self._name = name
        self._args = args
        self._selector = selector(args["model"])
        self._labels = labels(args["ownership"], model=args["model"]) | self._selector
        self._options = pulumi.ResourceOptions(parent=self)

        policy = self._network_policy()
        deployment = self._deployment(policy)
        service = self._service(deployment)
        self._autoscaler(deployment)
        self._disruption_budget()
        self._ingress(service)

        self.path = pulumi.Output.from_input(self._path())
        self.model_image = pulumi.Output.from_input(args["model_image"])
        self.register_outputs({"path": self.path, "model_image": self.model_image})

    def _path(self) -> str:
        return f"/v2/models/{self._args['model']}"

    def _metadata(self, **annotations: pulumi.Input[str]) -> dict[str, Any]:
        metadata = {"name": self._args["model"], "namespace": self._args["namespace"], "labels": self._labels}
        return {**metadata, "annotations": annotations} if annotations else metadata

    def _network_policy(self) -> NetworkPolicy:
        """Let the gateway in, and nothing out."""
        return NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(),
            spec={
                "pod_selector": {"match_labels": self._selector},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [
                    {
                        "from": [{"namespace_selector": in_namespace(GATEWAY_NAMESPACE)}],
                        "ports": [{"protocol": "TCP", "port": HTTP_PORT}],
                    }
                ],
            },
            opts=self._options,
        )

    def _deployment(self, policy: NetworkPolicy) -> Deployment:
        """Run the model; how many pods is the autoscaler's business."""
        objective = self._args.get("latency_objective_ms", 100)
        return Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(
                **{
                    "headgate.dev/model-version": self._args["version"],
                    "headgate.dev/latency-objective-ms": str(objective),
                    **self._args.get("annotations", {}),
                }
            ),
            spec={
                # No replicas: they are the autoscaler's field, from the first moment on.
                "selector": {"match_labels": self._selector},
                "strategy": {"type": "RollingUpdate", "rolling_update": {"max_unavailable": 0, "max_surge": 1}},
                "template": pod_template(self._args),
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

    def _service(self, deployment: Deployment) -> Service:
        """Give the pods one name inside the cluster."""
        return Service(
            f"{self._name}-service",
            metadata=self._metadata(),
            spec={
                "type": "ClusterIP",
                "selector": self._selector,
                "ports": [{"name": "http", "port": 80, "target_port": "http", "protocol": "TCP"}],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )

    def _autoscaler(self, deployment: Deployment) -> None:
        """Add and remove pods by their CPU use, or by the figure that says better how busy they are."""
        HorizontalPodAutoscaler(
            f"{self._name}-autoscaler",
            metadata=self._metadata(),
            spec={
                "scale_target_ref": {
                    "api_version": "apps/v1",
                    "kind": "Deployment",
                    "name": deployment.metadata.name,
                },
                "min_replicas": self._args["min_replicas"],
                "max_replicas": self._args["max_replicas"],
                "metrics": [scaling.metric(self._args)],
            },
            opts=self._options,
        )

    def _disruption_budget(self) -> None:
        """Keep most pods while nodes are drained."""
        PodDisruptionBudget(
            f"{self._name}-disruption-budget",
            metadata=self._metadata(),
            spec={
                "max_unavailable": sizing.may_be_unavailable(self._args["min_replicas"]),
                "selector": {"match_labels": self._selector},
            },
            opts=self._options,
        )

    def _ingress(self, service: Service) -> None:
        """Route the model's paths to it, by TLS alone; the gateway holds the host's certificate."""
        Ingress(
            f"{self._name}-ingress",
            metadata=self._metadata(),
            spec={
                "ingress_class_name": INGRESS_CLASS,
                "tls": [{"hosts": [self._args["host"]]}],
                "rules": [
                    {
                        "http": {
                            "paths": [
                                {
                                    "path": path,
                                    "path_type": "Prefix",
                                    "backend": {
                                        "service": {"name": service.metadata.name, "port": {"name": "http"}},
                                    },
                                }
                                for path in (self._path(), *self._args.get("paths", []))
                            ]
                        }
                    }
                ],
            },
            opts=self._options,
        )
