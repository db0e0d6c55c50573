"""Contract of ProgressiveDelivery: the controller that moves requests from one version of a model to the next."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class ProgressiveDeliveryArgs(TypedDict):
    """What ProgressiveDelivery takes."""

    ownership: Ownership
    """Who answers for it."""
    image: pulumi.Input[str]
    """Image of the Argo Rollouts controller, by digest, from the platform's registry."""
    replicas: NotRequired[int]
    """Controller pods, of which one leads; 2 by default."""
