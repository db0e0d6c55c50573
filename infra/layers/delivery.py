"""The delivery layer: in each cluster, the controller that moves requests from one version of a model to the next."""

from __future__ import annotations

import pulumi

from components.catalog import ProgressiveDelivery
from infra.settings import Settings, platform_image


def build_delivery(
    settings: Settings, region: str, provider: pulumi.ProviderResource, gate: pulumi.Resource
) -> ProgressiveDelivery:
    """Build a region's controller; the gate judges it like anything else."""
    delivery = settings.stack.platform.delivery
    return ProgressiveDelivery(
        f"delivery-{region}",
        {
            "ownership": settings.ownership,
            "image": platform_image(settings, delivery.controller.image, delivery.controller.digest),
            "replicas": delivery.replicas,
        },
        pulumi.ResourceOptions(providers=[provider], depends_on=[gate]),
    )
