"""ServingCluster on Azure: a private AKS cluster, its pools, its rights and its credentials.

Pools are resources of their own: an inline pool's change can replace the whole cluster. Azure refuses a cluster
without any, so one small bootstrap pool is inline, and never looked at again.
"""

import base64
from typing import Optional

import pulumi
from pulumi_azure_native import containerservice

from components import names
from components.azure import grants
from components.azure.diagnostics import log_everything
from components.azure.pools import bootstrap_pool, node_pool
from components.azure.tags import tags
from components.contract.cluster import ServingClusterArgs


class ServingCluster(pulumi.ComponentResource):
    """A Kubernetes cluster of one region, with pools that change without touching it."""

    cluster_id: pulumi.Output[str]
    """The cluster."""
    cluster_name: pulumi.Output[str]
    """Its name."""
    kubeconfig: pulumi.Output[str]
    """Kubernetes client configuration (secret), known once every pool is there."""
    node_resource_group: pulumi.Output[str]
    """Resource group in which the cluster keeps its nodes, balancers and private links."""

    def __init__(
        self,
        name: str,
        args: ServingClusterArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ServingCluster", name, dict(args), opts)
        self._name = name
        self._args = args
        self._tags = tags(args["ownership"])
        self._environment = args["ownership"]["environment"]
        self._cluster_name = names.cluster(self._environment, args["region"])

        rights = self._rights()
        cluster = self._cluster(rights)
        pools = self._pools(cluster)
        log_everything(f"{name}-cluster", cluster, args["workspace_id"], self)

        self.cluster_id = cluster.id
        self.cluster_name = cluster.name
        self.kubeconfig = self._kubeconfig(cluster, pools)
        self.node_resource_group = cluster.node_resource_group.apply(
            lambda group: group or names.node_resource_group(self._environment, args["region"])
        )
        self.register_outputs(
            {
                "cluster_id": self.cluster_id,
                "cluster_name": self.cluster_name,
                "kubeconfig": self.kubeconfig,
                "node_resource_group": self.node_resource_group,
            }
        )

    def _rights(self) -> list[pulumi.Resource]:
        """Give the control plane its network and its nodes' identity, and the nodes their images: no more."""
        args = self._args
        control, nodes = args["control_identity"], args["node_identity"]
        wanted = (
            ("network", grants.NETWORK_CONTRIBUTOR, control["principal_id"], args["network_id"]),
            ("node-identity", grants.MANAGED_IDENTITY_OPERATOR, control["principal_id"], nodes["id"]),
            ("pull", grants.ACR_PULL, nodes["principal_id"], args["registry_id"]),
        )
        return [
            grants.grant(f"{self._name}-{purpose}-grant", role, principal, scope, self)
            for purpose, role, principal, scope in wanted
        ]

    def _cluster(self, rights: list[pulumi.Resource]) -> containerservice.ManagedCluster:
        """Make the cluster."""
        args = self._args
        control, nodes = args["control_identity"], args["node_identity"]
        return containerservice.ManagedCluster(
            f"{self._name}-cluster",
            resource_name_=self._cluster_name,
            resource_group_name=args["resource_group"],
            location=args["region"],
            node_resource_group=names.node_resource_group(self._environment, args["region"]),
            dns_prefix=self._cluster_name,
            kubernetes_version=args["kubernetes_version"],
            sku={"name": "Base", "tier": args.get("tier", "Standard")},
            identity={"type": "UserAssigned", "user_assigned_identities": [control["id"]]},
            identity_profile={
                "kubeletidentity": {
                    "resource_id": nodes["id"],
                    "client_id": nodes["client_id"],
                    "object_id": nodes["principal_id"],
                }
            },
            agent_pool_profiles=[bootstrap_pool(args)],
            tags=self._tags,
            **self._access(),
            **self._operation(),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.get("protect", True),
                depends_on=rights,
                # The bootstrap pool is Azure's business after creation; pools are resources of their own.
                ignore_changes=["agentPoolProfiles"],
            ),
        )

    def _access(self) -> dict[str, object]:
        """Say who reaches the API server: directory users with Azure roles, from inside the network."""
        return {
            "disable_local_accounts": True,
            "enable_rbac": True,
            "aad_profile": {
                "managed": True,
                "enable_azure_rbac": True,
                "tenant_id": self._args["tenant_id"],
                "admin_group_object_ids": self._args["admin_groups"],
            },
            "api_server_access_profile": {
                "enable_private_cluster": True,
                "enable_private_cluster_public_fqdn": False,
                "private_dns_zone": "system",
                "disable_run_command": True,
            },
            "oidc_issuer_profile": {"enabled": True},
        }

    def _operation(self) -> dict[str, object]:
        """Say how the cluster runs: network, threat detection, upgrades, add-ons."""
        return {
            "network_profile": {
                "network_plugin": "azure",
                "network_plugin_mode": "overlay",
                "network_policy": "cilium",
                "network_dataplane": "cilium",
                "load_balancer_sku": "standard",
                "outbound_type": "loadBalancer",
                "pod_cidr": "100.64.0.0/14",
                "service_cidr": "172.16.0.0/16",
                "dns_service_ip": "172.16.0.10",
            },
            "security_profile": {
                "workload_identity": {"enabled": True},
                "image_cleaner": {"enabled": True, "interval_hours": 48},
                "defender": {
                    "log_analytics_workspace_resource_id": self._args["workspace_id"],
                    "security_monitoring": {"enabled": True},
                },
            },
            "auto_upgrade_profile": {"upgrade_channel": "patch", "node_os_upgrade_channel": "NodeImage"},
            "addon_profiles": {
                "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}},
            },
        }

    def _pools(self, cluster: containerservice.ManagedCluster) -> list[containerservice.AgentPool]:
        """Make the pools."""
        args = self._args
        wanted = {"system": args["system"], "cpu": args["cpu"]}
        if "gpu" in args:
            wanted["gpu"] = args["gpu"]
        return [
            node_pool(f"{self._name}-{purpose}-pool", purpose, pool, args, cluster, self)
            for purpose, pool in wanted.items()
        ]

    def _kubeconfig(
        self, cluster: containerservice.ManagedCluster, pools: list[containerservice.AgentPool]
    ) -> pulumi.Output[str]:
        """Fetch the client configuration, once there are nodes for what will be deployed with it."""
        credentials = containerservice.list_managed_cluster_user_credentials_output(
            resource_group_name=self._args["resource_group"],
            resource_name=cluster.name,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[cluster, *pools]),
        )
        return pulumi.Output.secret(
            credentials.apply(lambda result: base64.b64decode(result.kubeconfigs[0].value).decode())
        )
