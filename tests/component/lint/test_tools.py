"""kubeconform, kube-score and Checkov, run as `make lint` runs them, on what each is to find."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.toolchain import ensure
from lint import checkov, conformity, score
from lint.manifests import Manifest

pytestmark = pytest.mark.component


def manifest(version: str, kind: str, **body: Any) -> Manifest:
    """Return an object of a namespace."""
    metadata = {"name": "trial", "namespace": "team-fraud"}
    return Manifest("north", {"apiVersion": version, "kind": kind, "metadata": metadata, **body})


def test_kubeconform_knows_every_field_of_kubernetes_and_no_other() -> None:
    """A misspelt field, a text for a number, a kind that nothing defines."""
    ensure(("kubeconform",))
    sound = manifest("v1", "Service", spec={"ports": [{"port": 80, "targetPort": "http"}]})
    misspelt = manifest("v1", "Service", spec={"ports": [{"prot": 80, "port": 80}]})
    wrong = manifest("v1", "Service", spec={"ports": [{"port": "eighty"}]})
    unknown = manifest("example.com/v1", "Drill", spec={})

    found = conformity.findings([sound, misspelt, wrong, unknown], [])

    assert [(each.rule, each.text) for each in found] == [
        ("schema", "/spec/ports/0: additional properties 'prot' not allowed"),
        ("schema", "/spec/ports/0/port: got string, want integer"),
        (
            "no-schema",
            "example.com/v1 Drill: neither Kubernetes, nor what the stacks define, "
            "nor components/kubernetes/definitions has it",
        ),
    ]


def test_kube_score_judges_a_rollouts_pods() -> None:
    """An unsound container is found behind a kind that kube-score does not know."""
    ensure(("kube-score",))
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "m"}},
        "template": {
            "metadata": {"labels": {"app": "m"}},
            "spec": {"containers": [{"name": "runtime", "image": "r:latest"}]},
        },
        "strategy": {"canary": {"steps": [{"setWeight": 20}]}},
    }

    rules = {each.rule for each in score.findings([manifest("argoproj.io/v1alpha1", "Rollout", spec=spec)])}

    assert rules >= {
        "container-image-tag",
        "container-resources",
        "pod-networkpolicy",
        "deployment-has-poddisruptionbudget",
    }


def test_checkov_judges_a_template_as_a_stack() -> None:
    """What it finds is told with the stack whose plan it is."""
    vault = {
        "type": "Microsoft.KeyVault/vaults",
        "apiVersion": "2024-11-01",
        "name": "kv-trial",
        "location": "uaenorth",
        "properties": {"tenantId": "t", "sku": {"family": "A", "name": "premium"}},
    }
    template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"}

    found = list(checkov.findings({"platform-trial": {**template, "contentVersion": "1.0.0.0", "resources": [vault]}}))

    assert ("platform-trial", "CKV_AZURE_110", "Microsoft.KeyVault/vaults.kv-trial") in {
        (stack, each.rule, each.resource) for stack, each in found
    }
