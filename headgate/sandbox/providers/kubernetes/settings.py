"""The provider's own arguments: cluster, namespace, and the switches that change behaviour.

Owns reading them (argument, else environment, else default), CheckConfig's verdict and DiffConfig's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from headgate.errors import HeadgateError
from headgate.sandbox.providers.kubernetes.kubeconfig import read_target
from headgate.sandbox.providers.protocol.diff import Change, PropertyChange, changes
from headgate.sandbox.providers.protocol.values import UNKNOWN, Properties, is_known, reveal

PLAN_ONLY: Final = "HEADGATE_PLAN_ONLY"

_CLUSTER_KEYS: Final = ("kubeconfig", "context", "cluster")
_ENVIRONMENT: Final = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
}


@dataclass(frozen=True)
class Settings:
    """What Configure was told."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    patch_force: bool = False
    upsert: bool = False
    plan_only: bool = False

    @property
    def tolerates_absence(self) -> bool:
        """Whether a refresh goes on without the cluster."""
        return self.delete_unreachable or self.skip_update_unreachable

    @classmethod
    def from_arguments(cls, arguments: Properties) -> Settings:
        """Read the provider's arguments, secrets opened."""
        plain = reveal(arguments)
        return cls(
            kubeconfig=plain.get("kubeconfig") or None,
            context=plain.get("context") or None,
            cluster=plain.get("cluster") or None,
            namespace=plain.get("namespace") or None,
            delete_unreachable=_switch(plain, "deleteUnreachable"),
            skip_update_unreachable=_switch(plain, "skipUpdateUnreachable"),
            config_map_mutable=_switch(plain, "enableConfigMapMutable"),
            secret_mutable=_switch(plain, "enableSecretMutable"),
            patch_force=_switch(plain, "enablePatchForce"),
            upsert=_switch(plain, "upsertExistingObjects"),
            plan_only=os.environ.get(PLAN_ONLY) == "1",
        )


def config_failures(arguments: Properties) -> list[tuple[str, str]]:
    """Return (property, reason) for every argument that the stand-in can't honour."""
    plain = reveal(arguments)
    failures = []
    if plain.get("renderYamlToDirectory"):
        failures.append(("renderYamlToDirectory", "the sandbox's stand-in applies resources and renders no files"))
    if not _switch(plain, "enableServerSideApply", default=True):
        failures.append(("enableServerSideApply", "the sandbox's stand-in knows server-side apply only"))
    return failures


def config_changes(old: Properties, new: Properties) -> list[PropertyChange]:
    """Return what changed in the arguments; another cluster replaces the provider and all that it holds."""
    found = list(changes(reveal(old), reveal(new)))
    moved = _another_cluster(old, new)
    identified = old.get("clusterIdentifier") and new.get("clusterIdentifier")
    return [
        PropertyChange(
            item.path,
            item.change,
            replace=(
                item.path[0] == "clusterIdentifier" and item.change is Change.UPDATE
                if identified
                else moved and item.path[0] in _CLUSTER_KEYS
            ),
        )
        for item in found
    ]


def _another_cluster(old: Properties, new: Properties) -> bool:
    if not all(is_known(old.get(key)) for key in _CLUSTER_KEYS):
        return False  # a state whose secrets are masked does not tell which cluster it was
    if not all(is_known(new.get(key)) for key in _CLUSTER_KEYS):
        return any(new.get(key) is UNKNOWN for key in _CLUSTER_KEYS)
    try:
        before, after = (
            read_target(*(reveal(arguments).get(key) for key in _CLUSTER_KEYS)) for arguments in (old, new)
        )
    except HeadgateError:
        return False  # a file that is gone says nothing about the cluster
    return before.identity != after.identity


def _switch(plain: dict[str, Any], name: str, default: bool = False) -> bool:
    value = plain.get(name)
    if value is None:
        value = os.environ.get(_ENVIRONMENT[name])
    return default if value is None or value == "" else value is True or value == "true"
