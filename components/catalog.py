"""Which implementation answers to which name: the one file that names providers.

Another cloud is a folder beside `azure/` and a line here.
"""

from components.azure.cluster import ServingCluster
from components.azure.failover import MultiRegionFailover
from components.azure.foundation import PlatformFoundation
from components.azure.registry import ModelRegistry
from components.kubernetes.connection import connect
from components.kubernetes.deployment import ModelDeployment
from components.kubernetes.gateway import ServingGateway
from components.kubernetes.tenancy import TeamTenancy

COMPONENTS = [
    PlatformFoundation,
    ModelRegistry,
    ServingCluster,
    ServingGateway,
    MultiRegionFailover,
    TeamTenancy,
    ModelDeployment,
]

__all__ = [
    "COMPONENTS",
    "ModelDeployment",
    "ModelRegistry",
    "MultiRegionFailover",
    "PlatformFoundation",
    "ServingCluster",
    "ServingGateway",
    "TeamTenancy",
    "connect",
]
