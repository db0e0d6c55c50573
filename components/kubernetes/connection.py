"""The connection to one cluster: a provider that can't fall back to whatever cluster a shell points at."""

import pulumi
from pulumi_kubernetes import Provider


def connect(
    name: str,
    kubeconfig: pulumi.Input[str],
    parent: pulumi.Resource | None = None,
    *,
    edits_config_maps: bool = False,
    edits_secrets: bool = False,
) -> pulumi.ProviderResource:
    """Return the provider for a cluster's client configuration.

    Pulumi makes a ConfigMap or a Secret anew when its data changes, unless the provider may edit them.
    """
    provider: pulumi.ProviderResource = Provider(
        name,
        kubeconfig=kubeconfig,
        enable_server_side_apply=True,
        enable_config_map_mutable=True if edits_config_maps else None,
        enable_secret_mutable=True if edits_secrets else None,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return provider
