"""What no single field can say: names that repeat, sums over a quota, data in the wrong region."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.stack.analysis_checks import check_analysis
from headgate.stack.finding import Finding, bounds, repeated
from headgate.stack.identity import PLATFORM, StackName
from headgate.stack.managed_checks import check_managed
from headgate.stack.monitoring import check_monitoring
from headgate.stack.platform import PlatformStack
from headgate.stack.platform_checks import check_audit, check_edge, check_nodes, check_regions, check_training
from headgate.stack.quota_checks import check_quota
from headgate.stack.serving_checks import check_serving
from headgate.stack.strategy_checks import check_strategy, pods_beside
from headgate.stack.team import TeamStack
from headgate.stack.workload_checks import check_sites, check_workloads

__all__ = ["Finding", "check_platform", "check_team"]


def check_platform(stack: PlatformStack) -> Iterator[Finding]:
    """Yield what is wrong between a platform's values."""
    yield from check_regions(stack)
    yield from check_nodes(stack)
    yield from check_edge(stack)
    yield from check_audit(stack)
    yield from check_monitoring(stack.monitoring)
    yield from check_training(stack)
    yield from check_sites(stack)


def check_team(stack: TeamStack, name: StackName) -> Iterator[Finding]:
    """Yield what is wrong between a team's values."""
    if stack.name != name.owner:
        yield Finding(
            ("name",),
            "the team's name is not the stack's",
            found=f"{stack.name} in stack {name}",
            expected=name.owner,
            fix=f"write `name: {name.owner}`, or rename the file",
        )
    if stack.name == PLATFORM:
        yield Finding(("name",), "`platform` is no team", found="platform", expected="a team", fix="choose a name")
    yield from repeated("model", ("models",), [model.name for model in stack.models])
    yield from check_workloads(stack)
    yield from check_quota(stack)
    yield from check_managed(stack)
    yield from check_analysis(stack)
    total = 0
    for index, model in enumerate(stack.models):
        yield from bounds(("models", index, "replicas", "min"), model.replicas.min, model.replicas.max)
        yield from check_strategy(index, model)
        yield from check_serving(index, model)
        most = model.replicas.max + pods_beside(model)
        total += model.resources.gpus * most
        if total > stack.quota.gpus and model.resources.gpus:
            yield Finding(
                ("models", index, "resources", "gpus"),
                "the models can scale to more GPUs than the team's quota",
                found=f"{total} GPUs: {model.name} adds {model.resources.gpus} x {most} replicas",
                expected=f"at most {stack.quota.gpus} (quota.gpus)",
                fix="lower replicas.max or resources.gpus, or ask the platform owner to raise quota.gpus",
            )
