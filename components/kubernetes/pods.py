"""What every pod of ours has in common: the restricted security profile, and a spread over zones and nodes."""

from typing import Any


def pod_security() -> dict[str, Any]:
    """Return the security context of a pod, as Pod Security `restricted` asks."""
    return {
        "run_as_non_root": True,
        "run_as_user": 65532,
        "run_as_group": 65532,
        "fs_group": 65532,
        "seccomp_profile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Return the security context of a container: nothing to gain, nothing to write on."""
    return {
        "allow_privilege_escalation": False,
        "read_only_root_filesystem": True,
        "run_as_non_root": True,
        "capabilities": {"drop": ["ALL"]},
    }


def spread(selector: dict[str, str]) -> list[dict[str, Any]]:
    """Return the spread over zones and nodes; a preference, so that a region without zones can schedule too."""
    return [
        {
            "max_skew": 1,
            "topology_key": key,
            "when_unsatisfiable": "ScheduleAnyway",
            "label_selector": {"match_labels": selector},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
