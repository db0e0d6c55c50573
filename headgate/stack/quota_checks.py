"""What a team's pods need at the least, against its quota: what is above it is never scheduled, and an update waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding
from headgate.stack.sizes import Resources
from headgate.stack.team import TeamStack

_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SERVING = ("models", "language_models")
_JOBS = ("batch", "training")


def check_quota(stack: TeamStack) -> Iterator[Finding]:
    """Yield pods that ask for nothing, pods that the quota has no place for, and models whose fewest pods have none."""
    limits = {"cpu": _cpu(stack.quota.cpu), "memory": _memory(stack.quota.memory), "pods": stack.quota.pods}
    sums = dict.fromkeys(limits, 0.0)
    told: set[str] = set()
    for section in (*_SERVING, *_JOBS):
        for index, item in enumerate(getattr(stack, section)):
            path: KeyPath = (section, index)
            pod = _pod(item.resources)
            yield from _nothing((*path, "resources"), item.name, pod)
            fewest = item.replicas.min if section in _SERVING else 0
            for what, limit in limits.items():
                sums[what] += fewest * pod[what]
                if what not in told and max(sums[what], pod[what]) > limit:
                    told.add(what)
                    yield _over(stack, (*path, *_setting(what, fewest)), item, what, fewest)


def _pod(resources: Resources) -> dict[str, float]:
    """Return what one pod takes of each limit."""
    return {"cpu": _cpu(resources.cpu), "memory": _memory(resources.memory), "pods": 1}


def _cpu(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _memory(text: str) -> float:
    return float(text[:-2]) * _BYTES[text[-2:]]


def _setting(what: str, fewest: int) -> KeyPath:
    """Return the setting to change: how many pods there are, or what one of them gets."""
    return ("replicas", "min") if what == "pods" or fewest > 1 else ("resources", what)


def _nothing(path: KeyPath, name: str, pod: dict[str, float]) -> Iterator[Finding]:
    """Yield what a pod would have none of."""
    for what in ("cpu", "memory"):
        if not pod[what]:
            yield Finding(
                (*path, what),
                f"a pod of `{name}` would have no {what}",
                found="0",
                expected="more than 0: requests and limits are equal",
                fix="write what a pod needs, such as `cpu: 500m` and `memory: 512Mi`",
            )


def _over(stack: TeamStack, path: KeyPath, item: Any, what: str, fewest: int) -> Finding:
    """Say what the quota has no place for."""
    limit = getattr(stack.quota, what)
    pods = f"{fewest} pods" if fewest > 1 else "1 pod"
    each = "" if what == "pods" else f" with {what} {getattr(item.resources, what)}"
    return Finding(
        path,
        f"the team's quota has no place for the fewest pods of `{item.name}`"
        if fewest
        else f"the team's quota has no place for one pod of `{item.name}`",
        found=f"{pods}{each}{', beside those of the models before' if fewest else ''}, within {what} {limit}",
        expected=f"no more than quota.{what} ({limit})",
        fix=f"lower what they ask for, or ask the platform owner to raise quota.{what}",
    )
