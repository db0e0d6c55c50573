"""What scrapes a cluster: the managed collector, whose pods and configuration have places and names of their own.

Owned by the cloud's add-on. Whoever lets it in, or tells it what to scrape, has these names from here.
"""

from __future__ import annotations

# The add-on runs beside the cluster's own parts: one deployment for what has a few addresses, one pod on each node.
NAMESPACE = "kube-system"
PODS: tuple[dict[str, str], ...] = ({"rsName": "ama-metrics"}, {"dsName": "ama-metrics-node"})
# It knows its configuration by this name, in its namespace, under this key.
CONFIGURATION = "ama-metrics-prometheus-config"
KEY = "prometheus-config"
