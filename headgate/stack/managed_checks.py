"""What is wrong between a team's work on the machine-learning service, and with what its platform has for it."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.stack.finding import Finding, repeated
from headgate.stack.managed import ManagedEndpoint
from headgate.stack.platform import PlatformStack
from headgate.stack.team import TeamStack


def check_managed(stack: TeamStack) -> Iterator[Finding]:
    """Yield names that are there twice: each names an environment and a place of one workspace."""
    asked = stack.managed
    lists = {
        "training": ("pipeline", [each.name for each in asked.training]),
        "batch": ("job", [each.name for each in asked.batch]),
        "online": ("endpoint", [each.name for each in asked.online]),
    }
    before: dict[str, tuple[str, str, int]] = {}
    for section, (word, names) in lists.items():
        yield from repeated(f"managed {word}", ("managed", section), names)
        for index, name in enumerate(names):
            other, of, place = before.setdefault(name, (section, word, index))
            if other != section:
                yield Finding(
                    ("managed", section, index, "name"),
                    f"managed {word} `{name}` has a {of}'s name",
                    found=f"{name}, also position {place + 1} of managed.{other}",
                    expected="each name once in `managed`",
                    fix=f"rename it, such as `{name}-scores`",
                )
    for index, endpoint in enumerate(asked.online):
        yield from _check_endpoint(("managed", "online", index), endpoint)


def _check_endpoint(at: tuple[str | int, ...], endpoint: ManagedEndpoint) -> Iterator[Finding]:
    """Yield what Azure would refuse of an endpoint in the middle of an update."""
    yield from repeated("version", (*at, "versions"), [each.name for each in endpoint.versions])
    shares = sum(each.traffic for each in endpoint.versions)
    if shares not in {0, 100}:
        yield Finding(
            (*at, "versions"),
            f"the versions of `{endpoint.name}` have {shares} percent of its requests",
            found=", ".join(f"{each.name} {each.traffic}" for each in endpoint.versions),
            expected="100 in all, or 0 while callers name a version",
            fix="correct `traffic`",
        )
    if (endpoint.size is None) == (endpoint.in_cluster is None):
        yield Finding(
            (*at, "size"),
            f"where `{endpoint.name}` serves is not said"
            if endpoint.size is None
            else f"`{endpoint.name}` has two places",
            found="neither `size` nor `in_cluster`" if endpoint.size is None else "both `size` and `in_cluster`",
            expected="`size`, for machines of the service; or `in_cluster`, for pods",
            fix="write one of the two",
        )


def managed_with_platform(stack: TeamStack, name: str, given: PlatformStack) -> Iterator[Finding]:
    """Yield work that the platform has no workspace for, or no registry whose models it could take."""
    asked = stack.managed
    in_cluster = {"training": "training", "batch": "batch", "online": "models"}
    for section, jobs in (("training", asked.training), ("batch", asked.batch), ("online", asked.online)):
        if jobs and not given.registry.learning_workspace:
            yield Finding(
                ("managed", section),
                f"{name} has no machine-learning workspace",
                found=f"managed.{section} of {jobs[0].name}",
                expected="a platform with `registry.learning_workspace: true`",
                fix=f"ask the platform owner for it, or run it in the cluster: `{in_cluster[section]}:` of the team",
            )
        if section != "training" and jobs and not given.registry.machine_learning:
            yield Finding(
                ("managed", section),
                f"{name} has no machine-learning registry",
                found=f"managed.{section} of {jobs[0].name}",
                expected="a platform with `registry.machine_learning: true`, which the model is mirrored to",
                fix=f"ask the platform owner for it, or run it in the cluster: `{in_cluster[section]}:` of the team",
            )
