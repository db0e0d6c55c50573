"""The connection to one cluster: a provider that can't fall back to whatever cluster a shell points at."""

import pulumi
from pulumi_kubernetes import Provider


def connect(name: str, kubeconfig: pulumi.Input[str], parent: pulumi.Resource | None = None) -> pulumi.ProviderResource:
    """Return the provider for a cluster's client configuration."""
    provider: pulumi.ProviderResource = Provider(
        name,
        kubeconfig=kubeconfig,
        enable_server_side_apply=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return provider
