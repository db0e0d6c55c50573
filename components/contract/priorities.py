"""Contract of WorkloadPriorities: who goes first in a cluster when there is not room for all."""

from typing import TypedDict

from components.contract.ownership import Ownership


class WorkloadPrioritiesArgs(TypedDict):
    """What WorkloadPriorities takes."""

    ownership: Ownership
    """Who answers for it."""
