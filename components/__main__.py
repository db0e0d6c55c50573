"""Hosts the components as a Pulumi package, so that any Pulumi language can use them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pulumi.provider.experimental import component_provider_host

from components import catalog

if __name__ == "__main__":
    component_provider_host(name="headgate", components=[getattr(catalog, name) for name in catalog.COMPONENTS])
