"""Contract of ClusterBaseline: what every cluster has in it before anyone else comes."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class ClusterBaselineArgs(TypedDict):
    """What ClusterBaseline takes."""

    ownership: Ownership
    """Who answers for it."""
    device_plugin_image: NotRequired[pulumi.Input[str]]
    """Image of NVIDIA's device plugin, by digest, which offers a node's GPUs to pods; none by default."""
    sliced: NotRequired[bool]
    """Whether some GPUs are cut into slices, each offered as one GPU; off by default."""
