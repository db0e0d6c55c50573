"""The scaling layer: what answers in each cluster for figures of pods, so that autoscalers can go by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import catalog
from infra.settings import Settings, platform_image

if TYPE_CHECKING:
    from infra.layers.cluster import Cluster


def build_scaling(
    settings: Settings, clusters: dict[str, Cluster], monitoring: catalog.MonitoringStack
) -> dict[str, catalog.MetricsAdapter]:
    """Build each cluster's, where the platform asks for it; it asks the platform's Prometheus, or the named one."""
    platform = settings.stack.platform
    asked, keeper = platform.cluster.pod_metrics, platform.gate.certificates
    if asked is None:
        return {}
    return {
        region: catalog.MetricsAdapter(
            f"metrics-{region}",
            {
                "ownership": settings.ownership,
                "region": region,
                "image": platform_image(settings, asked.image, asked.digest),
                "certificates_image": platform_image(settings, keeper.image, keeper.digest),
                "prometheus": asked.prometheus or monitoring.query_endpoint,
                "replicas": asked.replicas,
            },
            cluster.judged,
        )
        for region, cluster in clusters.items()
    }
