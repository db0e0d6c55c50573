"""Contract of what guards a resource, whatever it is: who reaches it, who may delete it, who has which right on it.

Together with `ownership`, `workspace_id` and `protect`, these are the options that every component of a cloud takes.
"""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class PrivateNetwork(TypedDict):
    """A network whose programs reach a resource by an address of their own."""

    region: str
    """Region of the network; private endpoints are made there."""
    resource_group: pulumi.Input[str]
    """Resource group of the endpoints."""
    subnet_id: pulumi.Input[str]
    """Subnet from which they take their addresses."""
    zones: dict[str, pulumi.Input[str]]
    """Private DNS zone (id) for each zone name, linked to that network."""


class Grant(TypedDict):
    """One right of one principal on a resource."""

    name: str
    """What the right is for; part of its name, so unique among the grants of a resource."""
    formerly: NotRequired[list[str]]
    """Names that it had before, the oldest first; none by default. It stays what it was, since Azure refuses the same
    right twice, even for a moment: keep them as long as the right stands."""
    role: str
    """Built-in role, by name (`AcrPull`, `Key Vault Secrets User`, …), or the id of a role of your own."""
    principal_id: pulumi.Input[str]
    """Object id of who gets it."""
    principal_type: NotRequired[str]
    """Group, ServicePrincipal or User; Group by default."""


class Guarding(TypedDict):
    """How what a component makes is guarded."""

    private_access: NotRequired[list[PrivateNetwork]]
    """Networks that get a private endpoint, with its DNS record; none by default, and nothing is public either way."""
    lock: NotRequired[bool]
    """Lock what holds data against deletion, by anyone, until the lock is taken away; on by default."""
    grants: NotRequired[list[Grant]]
    """Rights on the component's main resource; none by default."""


class SharedArgs(TypedDict):
    """The options that every component of a cloud takes; the args of each have at least these."""

    ownership: Ownership
    """Who answers for it."""
    protect: NotRequired[bool]
    """Refuse to delete or replace it; on by default."""
    guarding: NotRequired[Guarding]
    """Private access, lock and rights."""
