"""What is wrong between a team's work on the machine-learning service, and with what its platform has for it."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.stack.finding import Finding, repeated
from headgate.stack.platform import PlatformStack
from headgate.stack.team import TeamStack


def check_managed(stack: TeamStack) -> Iterator[Finding]:
    """Yield names that are there twice: each names a compute and an environment of one workspace."""
    pipelines = [each.name for each in stack.managed.training]
    yield from repeated("managed pipeline", ("managed", "training"), pipelines)
    yield from repeated("managed job", ("managed", "batch"), [each.name for each in stack.managed.batch])
    for index, job in enumerate(stack.managed.batch):
        if job.name in pipelines:
            yield Finding(
                ("managed", "batch", index, "name"),
                f"managed job `{job.name}` has a pipeline's name",
                found=f"{job.name}, also position {pipelines.index(job.name) + 1} of managed.training",
                expected="each name once in `managed`",
                fix=f"rename it, such as `{job.name}-scores`",
            )


def managed_with_platform(stack: TeamStack, name: str, given: PlatformStack) -> Iterator[Finding]:
    """Yield work that the platform has no workspace for, or no registry whose models it could take."""
    asked = stack.managed
    for section, jobs in (("training", asked.training), ("batch", asked.batch)):
        if jobs and not given.registry.learning_workspace:
            yield Finding(
                ("managed", section),
                f"{name} has no machine-learning workspace",
                found=f"managed.{section} of {jobs[0].name}",
                expected="a platform with `registry.learning_workspace: true`",
                fix=f"ask the platform owner for it, or run it in the cluster: `{section}:` of the team",
            )
    if asked.batch and not given.registry.machine_learning:
        yield Finding(
            ("managed", "batch"),
            f"{name} has no machine-learning registry",
            found=f"managed.batch of {asked.batch[0].name}",
            expected="a platform with `registry.machine_learning: true`, which the model is mirrored to",
            fix="ask the platform owner for it, or run it in the cluster: `batch:` of the team",
        )
