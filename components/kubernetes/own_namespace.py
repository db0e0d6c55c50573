"""Namespaces of the platform's own programs: closed to what Pod Security does not call restricted, and to all traffic.

Does not own what a program may reach or be reached by: each component allows its own.
"""

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from components.kubernetes.network import allow_names, default_deny

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


def own_namespace(name: str, namespace: str, labels: dict[str, str], opts: pulumi.ResourceOptions) -> Namespace:
    """Make a component's own namespace, whose pods are restricted and may do nothing but resolve names."""
    made = Namespace(f"{name}-namespace", metadata={"name": namespace, "labels": labels | RESTRICTED}, opts=opts)
    default_deny(name, made.metadata.name, labels, opts)
    allow_names(name, made.metadata.name, labels, opts)
    return made
