"""Contract of ModelRegistry: where models and images are kept, and from where alone they are served."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.ownership import Ownership


class RegistryReplica(TypedDict):
    """One more region that holds a full copy."""

    region: str
    """Region of the replica."""
    zone_redundant: NotRequired[bool]
    """Spread the replica over availability zones; on by default, must be off where the region has none."""


class LearningWorkspace(TypedDict):
    """Where teams experiment and train; what they register goes to the registry."""

    vault_id: pulumi.Input[str]
    """Vault of the home region, for the connections that teams keep."""
    outbound: NotRequired[str]
    """What its machines reach: `approved` (an allow-list) or `internet`; approved by default."""


class ModelRegistryArgs(TypedDict):
    """What ModelRegistry takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its environment is part of every name."""
    resource_group: pulumi.Input[str]
    """Resource group to create it in."""
    region: str
    """Home region."""
    zone_redundant: NotRequired[bool]
    """Spread the home over availability zones; on by default, must be off where the region has none."""
    replicas: list[RegistryReplica]
    """Other serving regions: each pulls from a copy next to it, and survives the loss of the home."""
    workspace_id: pulumi.Input[str]
    """Log workspace that records every push, pull and login."""
    retention_days: NotRequired[pulumi.Input[int]]
    """Days after which untagged manifests are removed; 15 by default."""
    machine_learning: NotRequired[bool]
    """Also create a machine-learning registry for training teams; on by default."""
    learning_workspace: NotRequired[LearningWorkspace]
    """Also create a machine-learning workspace in the home region; none by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the registries; on by default."""
    guarding: NotRequired[Guarding]
    """Private access to the registries, rights on the container registry, and whether they are locked."""
