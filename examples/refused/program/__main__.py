"""Deploys the manifest beside it with Pulumi: the update gate refuses it before the API server is asked."""

from pathlib import Path

import yaml
from pulumi_kubernetes.apps.v1 import Deployment

manifest = yaml.safe_load((Path(__file__).parents[1] / "deployment.yaml").read_text())
Deployment(manifest["metadata"]["name"], metadata=manifest["metadata"], spec=manifest["spec"])
