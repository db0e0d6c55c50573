"""What a model asks for beside its pods: a stack's settings as the component's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import names
from headgate.stack import Model
from headgate.stack.serving import MonitorApi

if TYPE_CHECKING:
    from collections.abc import Callable

    import pulumi

    from components.contract import model_options as contract
    from components.contract.deployment import ModelDeploymentArgs
    from headgate.stack import serving as asked

_GROUPS = {MonitorApi.AZURE: "azmonitoring.coreos.com", MonitorApi.OPERATOR: "monitoring.coreos.com"}


def add_options(
    args: ModelDeploymentArgs,
    model: Model,
    region: str,
    environment: str,
    prometheus: Callable[[], pulumi.Output[str]],
) -> None:
    """Add what is asked for; a model that asks for nothing is deployed as ever.

    `prometheus` is asked for its address only where something is measured.
    """
    if model.scale_on_requests is not None:
        args["scale_on_requests"] = _requests(model.scale_on_requests, region, prometheus())
    if model.service_monitor is not None:
        args["service_monitor"] = _monitor(model.service_monitor, region, environment)
    if model.response_cache is not None:
        kept = model.response_cache
        args["response_cache"] = {"seconds": kept.seconds, "megabytes": kept.megabytes}
    if model.watch.ranges:
        args["input_ranges"] = [{"feature": r.feature, "least": r.least, "most": r.most} for r in model.watch.ranges]
    if model.flags:
        args["flags"] = [_flag(flag) for flag in model.flags]


def _requests(scaling: asked.RequestScaling, region: str, prometheus: pulumi.Output[str]) -> contract.RequestScaling:
    made: contract.RequestScaling = {
        "prometheus": prometheus,
        "region": region,
        "requests_per_second": scaling.per_second,
        "idle_seconds": scaling.idle_minutes * 60,
    }
    if scaling.query is not None:
        made["query"] = scaling.query.replace("{region}", region)
    if scaling.identity is not None:
        made["identity"] = scaling.identity
    return made


def _monitor(monitor: asked.ServiceMonitor, region: str, environment: str) -> contract.ServiceMonitor:
    return {
        "api_group": _GROUPS[monitor.api],
        "cluster": names.cluster(environment, region),
        "region": region,
        "interval_seconds": monitor.interval_seconds,
        "labels": dict(monitor.labels),
    }


def _flag(flag: asked.FeatureFlag) -> contract.FeatureFlag:
    made: contract.FeatureFlag = {"name": flag.name}
    if flag.boolean is not None:
        made["boolean"] = flag.boolean
    if flag.number is not None:
        made["number"] = flag.number
    if flag.text is not None:
        made["text"] = flag.text
    return made
