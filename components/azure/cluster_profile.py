"""What an AKS cluster is set to, as plain properties: who reaches it, how it runs, when it is patched.

Pure: args in, properties out. `cluster` makes the resources.
"""

from typing import Any

from components import sizing
from components.contract.cluster import MaintenanceWindow, ServingClusterArgs

MAINTENANCE: MaintenanceWindow = {"day": "Sunday", "start": "01:00", "hours": 4, "utc_offset": "+04:00"}
# The names that AKS knows: the cluster's patch versions, and its nodes' images.
SCHEDULES = {"upgrades": "aksManagedAutoUpgradeSchedule", "images": "aksManagedNodeOSUpgradeSchedule"}


def access(args: ServingClusterArgs) -> dict[str, Any]:
    """Say who reaches the API server: directory users with Azure roles, from inside the network."""
    return {
        "disable_local_accounts": True,
        "enable_rbac": True,
        "aad_profile": {
            "managed": True,
            "enable_azure_rbac": True,
            "tenant_id": args["tenant_id"],
            "admin_group_object_ids": args["admin_groups"],
        },
        "api_server_access_profile": {
            "enable_private_cluster": True,
            "enable_private_cluster_public_fqdn": False,
            "private_dns_zone": "system",
            "disable_run_command": True,
        },
        "oidc_issuer_profile": {"enabled": True},
    }


def network(args: ServingClusterArgs) -> dict[str, Any]:
    """Say how pods reach each other. Everything here is for the cluster's life."""
    engine = args.get("network_policy", "cilium")
    return {
        "network_profile": {
            "network_plugin": "azure",
            "network_plugin_mode": "overlay",
            "network_policy": engine,
            "network_dataplane": engine,
            "load_balancer_sku": "standard",
            "outbound_type": "loadBalancer",
            "pod_cidr": sizing.PODS,
            "service_cidr": sizing.SERVICES,
            "dns_service_ip": sizing.DNS_SERVICE,
        },
    }


def operation(args: ServingClusterArgs) -> dict[str, Any]:
    """Say how the cluster runs: threat detection, metrics, upgrades, scaling, add-ons."""
    return {
        "security_profile": {
            "workload_identity": {"enabled": True},
            "image_cleaner": {"enabled": True, "interval_hours": 48},
            "defender": {
                "log_analytics_workspace_resource_id": args["workspace_id"],
                "security_monitoring": {"enabled": args.get("defender", True)},
            },
        },
        "azure_monitor_profile": {"metrics": {"enabled": args.get("metrics", True)}},
        "auto_upgrade_profile": {"upgrade_channel": "patch", "node_os_upgrade_channel": "NodeImage"},
        "addon_profiles": {
            "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}},
        },
        **_pods(args),
        **_nodes(args),
    }


def _pods(args: ServingClusterArgs) -> dict[str, Any]:
    """Say what scales pods beside Kubernetes' own autoscaler."""
    return {"workload_auto_scaler_profile": {"keda": {"enabled": True}}} if args.get("event_scaling", False) else {}


def _nodes(args: ServingClusterArgs) -> dict[str, Any]:
    """Say what makes nodes: the autoscaler of each pool, or Karpenter, which then makes all but the system's."""
    if args.get("autoprovisioning", False):
        # Node pools are stated by us: Azure's own default ones would have no bound.
        return {"node_provisioning_profile": {"mode": "Auto", "default_node_pools": "None"}}
    return {
        "node_provisioning_profile": {"mode": "Manual"},
        "auto_scaler_profile": {
            "balance_similar_node_groups": "true",
            "expander": "least-waste",
            # A pool that gets no machines (quota, capacity) is given up after this, and another one tried.
            "max_node_provision_time": "15m",
            "scale_down_unneeded_time": "10m",
        },
    }


def maintenance(window: MaintenanceWindow) -> dict[str, Any]:
    """Return the window as AKS takes it."""
    return {
        "schedule": {"weekly": {"day_of_week": window["day"], "interval_weeks": 1}},
        "duration_hours": window["hours"],
        "start_time": window["start"],
        "utc_offset": window["utc_offset"],
    }
