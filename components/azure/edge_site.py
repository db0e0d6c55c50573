"""EdgeSite on Azure: an Arc-connected cluster, and Flux, which keeps on it what a commit says.

The site's agents call out; nothing calls in. Flux reads one commit, with rights of its own namespace only, and puts
back what somebody changed by hand. Does not own the machines, the cluster on them, or the site's registry mirror.
"""

import base64
from typing import Optional

import pulumi
from pulumi_azure_native import kubernetes, kubernetesconfiguration

from components import names
from components.azure.guard import Guard
from components.contract.edge_site import EdgeSiteArgs

NAMESPACE = "headgate-edge"
_PROVIDER = "Microsoft.Kubernetes"
_CLUSTERS = "connectedClusters"


class EdgeSite(pulumi.ComponentResource):
    """A small cluster outside the cloud, that is seen, reached and kept from it."""

    cluster_id: pulumi.Output[str]
    """Its record."""
    cluster_name: pulumi.Output[str]
    """Name of its record."""
    kubeconfig: pulumi.Output[str]
    """Client configuration through the site's own agents (secret)."""

    def __init__(
        self,
        name: str,
        args: EdgeSiteArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:EdgeSite", name, dict(args), opts)
        self._name = name
        self._args = args
        self._guard = Guard(self, name, args)

        cluster = self._cluster()
        extension = self._flux(cluster)
        configuration = self._configuration(cluster, extension)
        self._guard.attend(
            "cluster",
            cluster,
            workspace_id=args["workspace_id"],
            metrics=False,
            granted=True,
            locked=True,
            after=[extension, configuration],
        )

        self.cluster_id = cluster.id
        self.cluster_name = cluster.name
        self.kubeconfig = self._kubeconfig(cluster)
        self.register_outputs(
            {"cluster_id": self.cluster_id, "cluster_name": self.cluster_name, "kubeconfig": self.kubeconfig}
        )

    def _cluster(self) -> kubernetes.ConnectedCluster:
        """Make the site's record: it acts as itself, and people come with directory roles."""
        args = self._args
        return kubernetes.ConnectedCluster(
            f"{self._name}-cluster",
            cluster_name=names.site(self._guard.environment, args["site"]),
            resource_group_name=args["resource_group"],
            location=args["region"],
            identity={"type": "SystemAssigned"},
            agent_public_key_certificate=args["agent_key"],
            aad_profile={
                "enable_azure_rbac": True,
                "tenant_id": args["tenant_id"],
                "admin_group_object_ids": args["admin_groups"],
            },
            # A site's agents are renewed when its people say so, not in the middle of a shift.
            arc_agent_profile={"agent_auto_upgrade": "Disabled"},
            tags=self._guard.tags,
            opts=self._guard.options(protect=True),
        )

    def _flux(self, cluster: kubernetes.ConnectedCluster) -> kubernetesconfiguration.Extension:
        """Install Flux, which may not reach from one namespace's source into another's."""
        return kubernetesconfiguration.Extension(
            f"{self._name}-flux",
            extension_name="flux",
            extension_type="microsoft.flux",
            cluster_rp=_PROVIDER,
            cluster_resource_name=_CLUSTERS,
            cluster_name=cluster.name,
            resource_group_name=self._args["resource_group"],
            auto_upgrade_minor_version=True,
            release_train="Stable",
            scope={"cluster": {"release_namespace": "flux-system"}},
            configuration_settings={"multiTenancy.enforce": "true"},
            opts=self._guard.options(),
        )

    def _configuration(
        self, cluster: kubernetes.ConnectedCluster, extension: kubernetesconfiguration.Extension
    ) -> kubernetesconfiguration.FluxConfiguration:
        """Keep on the site what the commit says, and nothing that it does not."""
        source = self._args["source"]
        repository = {"url": source["url"], "repository_ref": {"commit": source["commit"]}}
        if "secret" in source:
            repository["local_auth_ref"] = source["secret"]
        seconds = self._args.get("sync_minutes", 10) * 60
        return kubernetesconfiguration.FluxConfiguration(
            f"{self._name}-configuration",
            flux_configuration_name="headgate",
            cluster_rp=_PROVIDER,
            cluster_resource_name=_CLUSTERS,
            cluster_name=cluster.name,
            resource_group_name=self._args["resource_group"],
            namespace=NAMESPACE,
            scope="cluster",
            source_kind="GitRepository",
            git_repository={**repository, "sync_interval_in_seconds": seconds, "timeout_in_seconds": 600},
            kustomizations={
                "site": {
                    "path": source.get("path", f"./sites/{self._args['site']}"),
                    "prune": True,
                    "force": False,
                    "wait": True,
                    "sync_interval_in_seconds": seconds,
                    "retry_interval_in_seconds": 60,
                    "timeout_in_seconds": 600,
                }
            },
            suspend=False,
            opts=self._guard.options(depends_on=[extension]),
        )

    def _kubeconfig(self, cluster: kubernetes.ConnectedCluster) -> pulumi.Output[str]:
        """Fetch the client configuration, which leads through the agents: no address of the site is known here."""
        credentials = kubernetes.list_connected_cluster_user_credential_output(
            authentication_method="AAD",
            client_proxy=True,
            cluster_name=cluster.name,
            resource_group_name=self._args["resource_group"],
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[cluster]),
        )
        return pulumi.Output.secret(
            credentials.apply(lambda result: base64.b64decode(result.kubeconfigs[0].value).decode())
        )
