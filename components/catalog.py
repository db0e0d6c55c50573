"""Which implementation answers to which name: the one file that names providers.

Another cloud is a folder beside `azure/` and a line here. An SDK is loaded when a component of it is first used, and of
the cloud's only the modules that the component needs.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.azure.access import TeamAccess
    from components.azure.audit import AuditTrail
    from components.azure.cluster import ServingCluster
    from components.azure.edge_site import EdgeSite
    from components.azure.failover import MultiRegionFailover
    from components.azure.foundation import PlatformFoundation
    from components.azure.managed_batch import ManagedBatchScoring
    from components.azure.managed_online import ManagedOnlineEndpoint
    from components.azure.managed_training import ManagedTraining
    from components.azure.model_monitoring import ModelMonitoring
    from components.azure.monitoring import MonitoringStack
    from components.azure.registry import ModelRegistry
    from components.azure.service_objectives import ServiceObjectives
    from components.kubernetes.admission_gate import AdmissionGate
    from components.kubernetes.alerting import ClusterAlerting
    from components.kubernetes.baseline import ClusterBaseline
    from components.kubernetes.batch import BatchScoring
    from components.kubernetes.connection import connect
    from components.kubernetes.delivery import ProgressiveDelivery
    from components.kubernetes.deployment import ModelDeployment
    from components.kubernetes.edge_deployment import EdgeDeployment
    from components.kubernetes.gateway import ServingGateway
    from components.kubernetes.language_model import LanguageModelServing
    from components.kubernetes.ledger import LedgerService
    from components.kubernetes.metrics_adapter import MetricsAdapter
    from components.kubernetes.monitoring import ClusterMonitoring
    from components.kubernetes.priorities import WorkloadPriorities
    from components.kubernetes.provisioning import NodeProvisioning
    from components.kubernetes.receiver import RetrainingReceiver
    from components.kubernetes.tenancy import TeamTenancy
    from components.kubernetes.training import TrainingPipeline

COMPONENTS = {
    "PlatformFoundation": "components.azure.foundation",
    "ModelRegistry": "components.azure.registry",
    "ServingCluster": "components.azure.cluster",
    "MultiRegionFailover": "components.azure.failover",
    "AuditTrail": "components.azure.audit",
    "MonitoringStack": "components.azure.monitoring",
    "ModelMonitoring": "components.azure.model_monitoring",
    "ServiceObjectives": "components.azure.service_objectives",
    "ClusterMonitoring": "components.kubernetes.monitoring",
    "ClusterAlerting": "components.kubernetes.alerting",
    "ClusterBaseline": "components.kubernetes.baseline",
    "AdmissionGate": "components.kubernetes.admission_gate",
    "LedgerService": "components.kubernetes.ledger",
    "ServingGateway": "components.kubernetes.gateway",
    "ProgressiveDelivery": "components.kubernetes.delivery",
    "MetricsAdapter": "components.kubernetes.metrics_adapter",
    "NodeProvisioning": "components.kubernetes.provisioning",
    "TeamAccess": "components.azure.access",
    "TeamTenancy": "components.kubernetes.tenancy",
    "ModelDeployment": "components.kubernetes.deployment",
    "LanguageModelServing": "components.kubernetes.language_model",
    "EdgeDeployment": "components.kubernetes.edge_deployment",
    "EdgeSite": "components.azure.edge_site",
    "BatchScoring": "components.kubernetes.batch",
    "ManagedBatchScoring": "components.azure.managed_batch",
    "ManagedOnlineEndpoint": "components.azure.managed_online",
    "ManagedTraining": "components.azure.managed_training",
    "TrainingPipeline": "components.kubernetes.training",
    "RetrainingReceiver": "components.kubernetes.receiver",
    "WorkloadPriorities": "components.kubernetes.priorities",
}
_FUNCTIONS = {"connect": "components.kubernetes.connection"}


def __getattr__(name: str) -> Any:
    """Load a component, or the function that connects to a cluster, on first use."""
    module = (COMPONENTS | _FUNCTIONS).get(name)
    if module is None:
        raise AttributeError(f"the catalogue has no {name}")
    return getattr(importlib.import_module(module), name)


__all__ = [
    "COMPONENTS",
    "AdmissionGate",
    "AuditTrail",
    "BatchScoring",
    "ClusterAlerting",
    "ClusterBaseline",
    "ClusterMonitoring",
    "EdgeDeployment",
    "EdgeSite",
    "LanguageModelServing",
    "LedgerService",
    "ManagedBatchScoring",
    "ManagedOnlineEndpoint",
    "ManagedTraining",
    "MetricsAdapter",
    "ModelDeployment",
    "ModelMonitoring",
    "ModelRegistry",
    "MonitoringStack",
    "MultiRegionFailover",
    "NodeProvisioning",
    "PlatformFoundation",
    "ProgressiveDelivery",
    "RetrainingReceiver",
    "ServiceObjectives",
    "ServingCluster",
    "ServingGateway",
    "TeamAccess",
    "TeamTenancy",
    "TrainingPipeline",
    "WorkloadPriorities",
    "connect",
]
