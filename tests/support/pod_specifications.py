"""A pod that keeps Pod Security restricted, and what breaks each of its rules."""

from __future__ import annotations

import copy
from typing import Any

SOUND: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "runtime",
            "image": "r@sha256:0",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "model", "image": {"reference": "m@sha256:0"}}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the sound pod with one value changed; `container.` begins a place in its container."""
    pod = copy.deepcopy(SOUND)
    at: Any = pod["containers"][0] if path.startswith("container.") else pod
    *parents, last = path.removeprefix("container.").split(".")
    for name in parents:
        at = at.setdefault(name, {})
    if value is None:
        at.pop(last)
    else:
        at[last] = value
    return pod


# Rule, place of the value in the pod, and the value that breaks it.
BREAKS = [
    ("hostNamespaces", "hostNetwork", True),
    ("hostNamespaces", "hostPID", True),
    ("hostPorts", "container.ports", [{"containerPort": 80, "hostPort": 80}]),
    ("privileged", "container.securityContext.privileged", True),
    ("allowPrivilegeEscalation", "container.securityContext.allowPrivilegeEscalation", None),
    ("allowPrivilegeEscalation", "container.securityContext.allowPrivilegeEscalation", True),
    ("capabilities", "container.securityContext.capabilities", None),
    ("capabilities", "container.securityContext.capabilities", {"drop": ["ALL"], "add": ["SYS_TIME"]}),
    ("restrictedVolumes", "volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
    ("runAsNonRoot", "securityContext.runAsNonRoot", None),
    ("runAsNonRoot", "container.securityContext.runAsNonRoot", False),
    ("runAsUser", "container.securityContext.runAsUser", 0),
    ("runAsUser", "securityContext.runAsUser", 0),
    ("seccompProfile", "securityContext.seccompProfile", None),
    ("seccompProfile", "container.securityContext.seccompProfile", {"type": "Unconfined"}),
    ("seLinuxOptions", "securityContext.seLinuxOptions", {"user": "root"}),
    ("sysctls", "securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
    ("appArmorProfile", "container.securityContext.appArmorProfile", {"type": "Unconfined"}),
    ("procMount", "container.securityContext.procMount", "Unmasked"),
    ("hostProbesAndHostLifecycle", "container.livenessProbe", {"httpGet": {"host": "other", "port": 80}}),
    ("hostProbesAndHostLifecycle", "container.lifecycle", {"preStop": {"tcpSocket": {"host": "other", "port": 80}}}),
]
