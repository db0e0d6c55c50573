"""EdgeDeployment: a model at a site, from the site's own mirror of the registry.

Is a ModelDeployment with the profile of a small place: one pod, two at most, no GPU pool, pod by pod. A mirror changes
where content comes from, and not what it is: the digest stays, and with it signature, stage and approval.
"""

from typing import Optional

import pulumi

from components.contract.deployment import ModelDeploymentArgs
from components.contract.edge_deployment import EdgeDeploymentArgs
from components.kubernetes.deployment import ModelDeployment


class EdgeDeployment(pulumi.ComponentResource):
    """A model at a site."""

    path: pulumi.Output[str]
    """Path of the model behind the site's gateway."""
    model_image: pulumi.Output[str]
    """What is served, by digest, and where the site has it from."""

    def __init__(
        self,
        name: str,
        args: EdgeDeploymentArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:EdgeDeployment", name, dict(args), opts)
        self._args = args

        served = ModelDeployment(f"{name}-model", self._deployment(), pulumi.ResourceOptions(parent=self))

        self.path = served.path
        self.model_image = served.model_image
        self.register_outputs({"path": self.path, "model_image": self.model_image})

    def _deployment(self) -> ModelDeploymentArgs:
        """Say which deployment serves it."""
        args = self._args
        made: ModelDeploymentArgs = {
            "ownership": args["ownership"],
            "namespace": args["namespace"],
            "service_account": args["service_account"],
            "model": args["model"],
            "version": args["version"],
            "model_image": self._here(args["model_image"]),
            "runtime_image": self._here(args["runtime_image"]),
            "host": args["host"],
            "cpu": args["cpu"],
            "memory": args["memory"],
            "min_replicas": args.get("min_replicas", 1),
            "max_replicas": args.get("max_replicas", 2),
            # A site adds a pod late: it has few nodes, and the next one is no minute away.
            "target_cpu_percent": 80,
            "latency_objective_ms": args.get("latency_objective_ms", 100),
            "annotations": self._annotations(),
        }
        if "retraining" in args:
            made["retraining"] = args["retraining"]
        return made

    def _annotations(self) -> dict[str, str]:
        """Say where it is, where its content is from, and why its version goes back where it does."""
        said = {"headgate.dev/site": self._args["site"], "headgate.dev/origin": self._args["model_image"]}
        return said | ({"headgate.dev/rollback": self._args["rollback"]} if "rollback" in self._args else {})

    def _here(self, image: str) -> str:
        """Return an image as the site's mirror names it."""
        if "mirror" not in self._args:
            return image
        return f"{self._args['mirror']}/{image.partition('/')[2]}"
