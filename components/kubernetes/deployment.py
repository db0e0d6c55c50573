"""ModelDeployment: a model as pods that scale, behind the gateway, whose new versions take over step by step.

The model enters as an OCI image volume by digest, and in no other way. Does not own the namespace it runs in, nor the
controller that moves requests from one version to the next.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap, Service
from pulumi_kubernetes.networking.v1 import Ingress, NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import sizing
from components.contract.deployment import ModelDeploymentArgs
from components.contract.strategy import Variant
from components.kubernetes import model_analysis, model_flags, model_metrics, model_rollout, model_routes, retraining
from components.kubernetes.labels import labels
from components.kubernetes.model_pod import open_ports, selector, service_ports
from components.kubernetes.model_scaler import make_scaler
from components.kubernetes.model_variant import make_variant, service_name
from components.kubernetes.network import GATEWAY_NAMESPACE, in_namespace
from components.kubernetes.objects import custom

# The Rollout is what an update waits for: names and routes are there before it, and lead somewhere once it is ready.
_NOT_AWAITED = {"pulumi.com/skipAwait": "true"}
VARIANT, FALLBACK = "variant", "fallback"


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
        self._strategy = args.get("strategy", {})
        self._selector = selector(args["model"])
        self._labels = labels(args["ownership"], model=args["model"]) | self._selector
        self._options = pulumi.ResourceOptions(parent=self)

        policy = self._network_policy()
        services = self._services()
        routes = self._routes()
        measured = self._analysis()
        flags = self._flags()
        rollout = self._rollout([policy, *services, *routes, *measured, *flags])
        make_scaler(name, args, self._metadata(), pulumi.ResourceOptions(parent=self, depends_on=[rollout]))
        self._service_monitor()
        self._disruption_budget()
        self._variants([policy, *flags])

        self.path = pulumi.Output.from_input(model_routes.path(args["model"]))
        self.model_image = pulumi.Output.from_input(args["model_image"])
        self.register_outputs({"path": self.path, "model_image": self.model_image})

    def _metadata(self, annotations: dict[str, Any] | None = None, name: str | None = None) -> dict[str, Any]:
        metadata = {"name": name or self._args["model"], "namespace": self._args["namespace"], "labels": self._labels}
        return {**metadata, "annotations": annotations} if annotations else metadata

    def _network_policy(self) -> NetworkPolicy:
        """Let the gateway in, and nothing out, for every version of the model."""
        return NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(),
            spec={
                "pod_selector": {"match_labels": {"headgate.dev/model": self._args["model"]}},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [
                    {
                        "from": [{"namespace_selector": in_namespace(GATEWAY_NAMESPACE)}],
                        "ports": [{"protocol": "TCP", "port": port} for port in open_ports(self._args)],
                    }
                ],
            },
            opts=self._options,
        )

    def _services(self) -> list[Service]:
        """Give the version that serves a name, and the one that takes over another."""
        services = [self._service("service", self._args["model"])]
        if "canary" in self._strategy:
            services.append(self._service("canary-service", model_rollout.canary_service(self._args["model"])))
        if "bluegreen" in self._strategy:
            services.append(self._service("preview-service", model_rollout.preview_service(self._args["model"])))
        return services

    def _service(self, suffix: str, name: str) -> Service:
        """Give pods a name; which version's, the controller writes into the selector."""
        return Service(
            f"{self._name}-{suffix}",
            metadata=self._metadata(_NOT_AWAITED, name),
            spec={
                "type": "ClusterIP",
                "selector": self._selector,
                "ports": service_ports(self._args),
            },
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["spec.selector"]),
        )

    def _routes(self) -> list[Ingress]:
        """Route the model's path to it, and to what answers beside it."""
        model, namespace = self._args["model"], self._args["namespace"]
        shadow = None
        if "shadow" in self._strategy:
            host = pulumi.Output.concat(service_name(model, VARIANT), ".", namespace, ".svc")
            shadow = pulumi.Output.concat("http://", host, "$request_uri")
        fallback = service_name(model, FALLBACK) if "fallback" in self._args else None
        routes = self._route("ingress", model, model, model_routes.own(shadow, fallback))
        beside = model_routes.beside(self._strategy)
        if beside is not None:
            name = service_name(model, VARIANT)
            routes += self._route("variant-ingress", name, name, beside)
        if "bluegreen" in self._strategy:
            name = model_rollout.preview_service(model)
            routes += self._route("preview-ingress", name, name, model_routes.preview())
        return routes

    def _route(self, suffix: str, name: str, service: str, annotations: dict[str, Any]) -> list[Ingress]:
        """Make a way, and the same for gRPC where the model speaks it."""
        made = [self._ingress(suffix, name, annotations, model_routes.route(self._args, service))]
        if "grpc_host" in self._args:
            spec = model_routes.grpc_route(self._args, service)
            name = model_routes.grpc_name(name)
            made.append(self._ingress(f"grpc-{suffix}", name, model_routes.over_grpc(annotations), spec))
        return made

    def _ingress(self, suffix: str, name: str, annotations: dict[str, Any], spec: dict[str, Any]) -> Ingress:
        return Ingress(
            f"{self._name}-{suffix}",
            metadata=self._metadata({**annotations, **_NOT_AWAITED}, name),
            spec=spec,
            opts=self._options,
        )

    def _analysis(self) -> list[CustomResource]:
        """Say what a new version is measured by, where it is."""
        analysis = model_rollout.analysis(self._args)
        if analysis is None:
            return []
        spec = model_analysis.template(self._args["model"], analysis, ends="bluegreen" in self._strategy)
        return [
            custom(
                f"{self._name}-analysis",
                model_rollout.API_VERSION,
                "AnalysisTemplate",
                self._metadata(),
                spec,
                self._options,
            )
        ]

    def _rollout(self, after: list[pulumi.Resource]) -> CustomResource:
        """Run the model; how many pods is the autoscaler's business."""
        annotations = {
            "headgate.dev/model-version": self._args["version"],
            "headgate.dev/latency-objective-ms": str(self._args.get("latency_objective_ms", 100)),
            **retraining.policy(self._args.get("retraining", {})),
            **self._args.get("annotations", {}),
            **model_rollout.waiting(self._strategy),
        }
        return custom(
            f"{self._name}-rollout",
            model_rollout.API_VERSION,
            "Rollout",
            self._metadata(annotations),
            model_rollout.rollout(self._args),
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )

    def _flags(self) -> list[pulumi.Resource]:
        """Deliver the runtime's switches as a file that changes under the pods."""
        if "flags" not in self._args:
            return []
        return [
            ConfigMap(
                f"{self._name}-flags",
                metadata=self._metadata(name=model_flags.name(self._args["model"])),
                data=model_flags.data(self._args["flags"]),
                opts=self._options,
            )
        ]

    def _service_monitor(self) -> None:
        """Say to an operator of Prometheus what it measures, where one is asked to."""
        monitor = self._args.get("service_monitor")
        if monitor is None:
            return
        metadata = self._metadata()
        custom(
            f"{self._name}-service-monitor",
            model_metrics.api_version(monitor),
            "ServiceMonitor",
            {**metadata, "labels": monitor.get("labels", {}) | metadata["labels"]},
            model_metrics.service_monitor(self._args["model"], monitor),
            self._options,
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

    def _variants(self, after: list[pulumi.Resource]) -> None:
        """Run the versions that stand beside the model's own."""
        options = pulumi.ResourceOptions(parent=self, depends_on=after)
        for role, variant in self._beside().items():
            make_variant(self._name, role, self._args, variant, self._labels, options)

    def _beside(self) -> dict[str, Variant]:
        """Return the versions beside the model's own, by their role."""
        found: dict[str, Variant] = {}
        for test in (
            self._strategy.get("abtest"),
            self._strategy.get("shadow"),
            self._strategy.get("champion_challenger"),
        ):
            if test is not None:
                found[VARIANT] = test["variant"]
        if "fallback" in self._args:
            found[FALLBACK] = self._args["fallback"]
        return found
