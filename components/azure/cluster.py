"""ServingCluster on Azure: a private AKS cluster, its pools, its rights and its credentials.

Pools are resources of their own: an inline pool's change can replace the whole cluster. Azure refuses a cluster
without any, so one small bootstrap pool is inline, and never looked at again.
"""

import base64
from typing import Optional

import pulumi
from pulumi_azure_native import containerservice

from components import names
from components.azure import cluster_profile as profile
from components.azure import grants
from components.azure.guard import Guard
from components.azure.pools import bootstrap_pool, node_pool, wanted_pools
from components.contract.cluster import ServingClusterArgs


class ServingCluster(pulumi.ComponentResource):
    """A Kubernetes cluster of one region, with pools that change without touching it."""

    cluster_id: pulumi.Output[str]
    """The cluster."""
    cluster_name: pulumi.Output[str]
    """Its name."""
    kubeconfig: pulumi.Output[str]
    """Kubernetes client configuration (secret), known once every pool is there."""
    issuer_url: pulumi.Output[str]
    """Issuer of its service accounts' tokens, which federated identities trust."""
    node_resource_group: pulumi.Output[str]
    """Resource group in which the cluster keeps its nodes, balancers and private links."""
    issuer: pulumi.Output[str]
    """Address at which the cluster vouches for its service accounts (OIDC)."""

    def __init__(
        self,
        name: str,
        args: ServingClusterArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ServingCluster", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = Guard(self, name, args)
        self._environment = self._guard.environment
        self._cluster_name = names.cluster(self._environment, args["region"])

        rights = self._rights()
        cluster = self._cluster(rights)
        pools = self._pools(cluster)
        self._maintenance(cluster)
        self._guard.attend(
            "cluster",
            cluster,
            workspace_id=args["workspace_id"],
            granted=True,
            locked=args.get("guarding", {}).get("lock", False),
            after=pools,
        )

        self.cluster_id = cluster.id
        self.cluster_name = cluster.name
        self.kubeconfig = self._kubeconfig(cluster, pools)
        self.issuer_url = cluster.oidc_issuer_profile.apply(lambda issuer: issuer.issuer_url if issuer else "")
        self.node_resource_group = cluster.node_resource_group.apply(
            lambda group: group or names.node_resource_group(self._environment, args["region"])
        )
        self.issuer = cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url)
        self.register_outputs(
            {
                "cluster_id": self.cluster_id,
                "cluster_name": self.cluster_name,
                "kubeconfig": self.kubeconfig,
                "issuer_url": self.issuer_url,
                "node_resource_group": self.node_resource_group,
                "issuer": self.issuer,
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
            tags=self._guard.tags,
            **profile.access(args),
            **profile.network(args),
            **profile.operation(args),
            opts=self._guard.options(
                protect=True,
                depends_on=rights,
                # The bootstrap pool is Azure's business after creation; pools are resources of their own.
                ignore_changes=["agentPoolProfiles"],
            ),
        )

    def _maintenance(self, cluster: containerservice.ManagedCluster) -> None:
        """Say when the cluster may be patched, and when its nodes' images may be renewed."""
        window = self._args.get("maintenance", profile.MAINTENANCE)
        for purpose, config in profile.SCHEDULES.items():
            containerservice.MaintenanceConfiguration(
                f"{self._name}-{purpose}-window",
                config_name=config,
                resource_name_=cluster.name,
                resource_group_name=self._args["resource_group"],
                maintenance_window=profile.maintenance(window),
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _pools(self, cluster: containerservice.ManagedCluster) -> list[containerservice.AgentPool]:
        """Make the pools."""
        return [
            node_pool(f"{self._name}-{purpose}-pool", purpose, pool, self._args, cluster, self)
            for purpose, pool in wanted_pools(self._args).items()
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
