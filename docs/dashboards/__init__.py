"""Makes the dashboards' documents, with Grafana's types: one file a dashboard, gathered here."""

from __future__ import annotations

from dashboards import capacity, gates, model, region
from dashboards.panels import document

FOLDER = "components/monitoring/dashboards"


def texts() -> dict[str, str]:
    """Return the text of each document, by its path."""
    return {f"{FOLDER}/{module.NAME}.json": document(module.BOARD) for module in (capacity, gates, model, region)}
