"""ClusterMonitoring: what a cluster's managed collector scrapes beside the cluster's own parts.

Owns the collector's configuration, not the collector: on AKS that is the metrics add-on, which reads this very
ConfigMap. Which measurements alerts rely on, `components.monitoring.scrape` says.
"""

import json
from typing import Optional

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.contract.monitoring import ClusterMonitoringArgs
from components.kubernetes.labels import labels
from components.monitoring.collector import CONFIGURATION, KEY, NAMESPACE
from components.monitoring.scrape import scrape_configs


class ClusterMonitoring(pulumi.ComponentResource):
    """What is measured in a cluster."""

    configuration: pulumi.Output[str]
    """Name of the collector's configuration."""

    def __init__(
        self,
        name: str,
        args: ClusterMonitoringArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ClusterMonitoring", name, dict(args), opts)
        jobs = scrape_configs(args["cluster"], args["region"])
        made = ConfigMap(
            f"{name}-collector",
            metadata={"name": CONFIGURATION, "namespace": NAMESPACE, "labels": labels(args["ownership"])},
            # JSON is YAML, and has one form.
            data={KEY: json.dumps({"scrape_configs": jobs}, indent=1)},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.configuration = made.metadata.name
        self.register_outputs({"configuration": self.configuration})
