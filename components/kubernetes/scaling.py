"""What an autoscaler looks at. Pure but for the inputs passed through."""

from typing import Any

import pulumi

from components.contract.deployment import ModelDeploymentArgs


def metric(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return the metric of a model's autoscaler: a figure of its pods where one is named, else their CPU use.

    A figure of pods is read from the custom metrics API, which the Prometheus adapter answers; while nothing answers,
    the autoscaler keeps its minimum.
    """
    if "scale_on" in args:
        return {
            "type": "Pods",
            "pods": {
                "metric": {"name": args["scale_on"]["name"]},
                "target": {
                    "type": "AverageValue",
                    "average_value": pulumi.Output.from_input(args["scale_on"]["average"]).apply(str),
                },
            },
        }
    return {
        "type": "Resource",
        "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "average_utilization": args.get("target_cpu_percent", 60)},
        },
    }
