"""The connection to one cluster: a provider that can't fall back to whatever cluster a shell points at."""

import pulumi
from pulumi_kubernetes import Provider


def connect(
    name: str,
    kubeconfig: pulumi.Input[str],
    parent: pulumi.Resource | None = None,
) -> pulumi.ProviderResource:
    """Return the provider for a cluster's client configuration.

    It edits ConfigMaps and Secrets: others delete them to make them anew, and everything here has a name that others
    read it by, who would find nothing in between. What must not change under running pods is named by its content.
    """
    provider: pulumi.ProviderResource = Provider(
        name,
        kubeconfig=kubeconfig,
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return provider
