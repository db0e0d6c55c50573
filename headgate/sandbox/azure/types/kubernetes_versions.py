"""Kubernetes versions as AKS treats them: which are offered, which step is allowed, how far nodes may stay behind.

Owns the arithmetic and Azure's refusals. The sandbox's control planes are of one real version, whatever is asked for.
"""

from __future__ import annotations

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.types.spec import Body

DEFAULT_VERSION = "1.36"
OFFERED = ("1.33", "1.34", "1.35", "1.36", "1.37")
# Nodes may be this many minors behind their control plane.
_BEHIND = 2
_PATCH = {"1.36": "1.36.3", "1.37": "1.37.1"}


def full_version(version: str | None) -> str:
    """Return the patch version that AKS resolves an alias to."""
    asked = version or DEFAULT_VERSION
    return asked if asked.count(".") == 2 else _PATCH.get(asked, f"{asked}.4")


def is_offered(name: str, version: str | None) -> ArmError | None:
    """Refuse a version that the region does not have."""
    if version is None or ".".join(version.split(".")[:2]) in OFFERED:
        return None
    return bad_request(
        "K8sVersionNotSupported",
        f"Managed cluster {name} is on version {version}, which is not supported in this region. "
        f"Supported: {', '.join(OFFERED)}.",
        "kubernetesVersion",
    )


def step(before: str | None, after: str | None, target: str) -> ArmError | None:
    """Refuse to go down, or to skip a minor; an alias of the version that runs is no change."""
    old, new = full_version(before), full_version(after)
    if _numbers(new) < _numbers(old) and not (_is_alias(after) and _minor(new) == _minor(old)):
        return bad_request(
            "OperationNotAllowed", f"Downgrading Kubernetes version from {old} to {new} is not allowed.", target
        )
    if _minor(new) > _minor(old) + 1:
        nearest = full_version(f"1.{_minor(old) + 1}")
        return bad_request(
            "OperationNotAllowed",
            f"Upgrades from kubernetes version {old} to {new} are not allowed. Available upgrades: {nearest}. "
            "Please see https://aka.ms/aks-supported-k8s-ver for version details.",
            target,
        )
    return None


def skew(control_plane: str | None, nodes: str | None, pool: str) -> ArmError | None:
    """Refuse nodes that are newer than their control plane, or too far behind it."""
    above, below = full_version(control_plane), full_version(nodes)
    if _minor(below) > _minor(above):
        problem = "is bigger than"
    elif _minor(below) < _minor(above) - _BEHIND:
        problem = f"is more than {_BEHIND} minors behind"
    else:
        return None
    return bad_request(
        "NodePoolMcVersionIncompatible",
        f"Node pool version {below} and control plane version {above} are incompatible. Minor version of node pool "
        f"{pool} {problem} the control plane's.",
        "orchestratorVersion",
    )


def pools_behind(version: str | None, pools: list[Body]) -> ArmError | None:
    """Refuse to take a control plane further away from its nodes than they may be."""
    refusals = (skew(version, pool["properties"].get("orchestratorVersion") or version, pool["name"]) for pool in pools)
    return next((refusal for refusal in refusals if refusal is not None), None)


def _is_alias(version: str | None) -> bool:
    return version is None or version.count(".") < 2


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _minor(version: str) -> int:
    return _numbers(version)[1]
