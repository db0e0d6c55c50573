"""A program of the platform that runs in several pods: its Deployment, what keeps some of them, and its name.

Owns what is the same for each of them. Does not own the pod, nor what it may do and who may call it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import sizing
from components.contract.ownership import Ownership
from components.kubernetes.labels import pod_labels


@dataclass(frozen=True)
class Replicated:
    """A program in several pods, all alike; its objects are a component's, which gives them its name."""

    component: str
    metadata: dict[str, Any]
    ownership: Ownership
    selector: dict[str, str]
    replicas: int
    options: pulumi.ResourceOptions
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    """What its pods say of themselves to others than its Service."""

    def deployment(self, pod: dict[str, Any], after: list[pulumi.Resource]) -> Deployment:
        """Run it, once what it needs is there."""
        return Deployment(
            f"{self.component}-deployment",
            metadata=self.metadata,
            spec={
                "replicas": self.replicas,
                "selector": {"match_labels": self.selector},
                "template": {
                    "metadata": {"labels": {**pod_labels(self.ownership), **self.pod_labels, **self.selector}},
                    "spec": pod,
                },
            },
            opts=pulumi.ResourceOptions.merge(self.options, pulumi.ResourceOptions(depends_on=after)),
        )

    def disruption_budget(self) -> None:
        """Keep one while nodes are drained."""
        PodDisruptionBudget(
            f"{self.component}-disruption-budget",
            metadata=self.metadata,
            spec={
                "max_unavailable": sizing.may_be_unavailable(self.replicas),
                "selector": {"match_labels": self.selector},
            },
            opts=self.options,
        )

    def service(self, name: str, port: int, target: str) -> Service:
        """Give it a name, at a port that leads to the pods' port of that name."""
        return Service(
            f"{self.component}-service",
            metadata=self.metadata,
            spec={
                "selector": self.selector,
                "ports": [{"name": name, "port": port, "target_port": target, "protocol": "TCP"}],
            },
            opts=self.options,
        )
