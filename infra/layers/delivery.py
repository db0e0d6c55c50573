"""The delivery layer: in each cluster, the controller that moves requests from one version of a model to the next."""

from __future__ import annotations

import pulumi

from components import catalog
from infra.settings import Settings, platform_image


def build_delivery(
    settings: Settings,
    place: str,
    provider: pulumi.ProviderResource,
    gate: pulumi.Resource,
    *,
    mirror: str | None = None,
    replicas: int | None = None,
) -> catalog.ProgressiveDelivery:
    """Build a cluster's controller; the gate judges it like anything else."""
    delivery = settings.stack.platform.delivery
    controller = delivery.controller
    return catalog.ProgressiveDelivery(
        f"delivery-{place}",
        {
            "ownership": settings.ownership,
            "image": platform_image(settings, controller.image, controller.digest, mirror),
            "replicas": replicas or delivery.replicas,
        },
        pulumi.ResourceOptions(providers=[provider], depends_on=[gate]),
    )
