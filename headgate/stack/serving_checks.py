"""What is wrong between what a model asks for beside its pods, its other settings and its platform."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.stack.finding import Finding, repeated
from headgate.stack.platform import PlatformStack
from headgate.stack.serving import MonitorApi
from headgate.stack.team import Model, TeamStack
from headgate.stack.watch import check_watch

_MEBIBYTES = {"Ki": 2**-10, "Mi": 1, "Gi": 2**10, "Ti": 2**20}


def check_serving(index: int, model: Model) -> Iterator[Finding]:
    """Yield a model that nothing would wake up, answers that its pods have no room for, and flags that are wrong."""
    if model.replicas.min == 0 and model.scale_on_requests is None:
        yield Finding(
            ("models", index, "replicas", "min"),
            f"nothing would wake `{model.name}` up",
            found="min 0, and no `scale_on_requests`",
            expected="1 or more: without a pod there is no CPU use to scale on",
            fix="raise `min`, or scale on requests: `scale_on_requests: {per_second: 20}`",
        )
    yield from check_watch(("models", index, "watch"), model.watch)
    yield from _room(index, model)
    yield from repeated("flag", ("models", index, "flags"), [flag.name for flag in model.flags])
    for number, flag in enumerate(model.flags):
        if len(flag.values) != 1:
            yield Finding(
                ("models", index, "flags", number, "name"),
                f"flag `{flag.name}` needs one value",
                found=" and ".join(flag.values) or "none",
                expected="one of boolean, number, text",
                fix="write one, such as `boolean: true`; a flag never changes its type",
            )


def _room(index: int, model: Model) -> Iterator[Finding]:
    """Yield answers that take the memory which the model itself needs."""
    cache, memory = model.response_cache, model.resources.memory
    if cache is not None and cache.megabytes > int(memory[:-2]) * _MEBIBYTES[memory[-2:]] / 2:
        yield Finding(
            ("models", index, "response_cache", "megabytes"),
            f"the kept answers of `{model.name}` leave its pods no memory",
            found=f"megabytes {cache.megabytes}, memory {memory}",
            expected="no more than half of the memory",
            fix="lower `megabytes`, or raise `resources.memory`",
        )


def serving_with_platform(stack: TeamStack, name: str, given: PlatformStack) -> Iterator[Finding]:
    """Yield what a platform's clusters have no program for."""
    for index, model in enumerate(stack.models):
        if model.scale_on_requests is not None and not given.cluster.event_scaling:
            yield Finding(
                ("models", index, "scale_on_requests"),
                f"{name} has no KEDA",
                found=f"scale_on_requests of {model.name}",
                expected="a platform with `cluster.event_scaling: true`",
                fix="ask the platform owner for it, or scale on CPU use: leave `scale_on_requests` out",
            )
        monitor = model.service_monitor
        if monitor is not None and monitor.api is MonitorApi.AZURE and not given.cluster.metrics:
            yield Finding(
                ("models", index, "service_monitor"),
                f"{name} has no managed Prometheus",
                found=f"service_monitor of {model.name} for azure",
                expected="a platform with `cluster.metrics: true`, or `api: operator`",
                fix="write `api: operator` where the Prometheus operator runs, or leave `service_monitor` out",
            )
