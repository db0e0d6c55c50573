"""A large run that is judged in parts."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.plan import manifests
from headgate.plan.view import View
from headgate.policy import opa, parts
from headgate.policy.bundle import Bundle
from headgate.policy.evaluator import Envelope, judge

pytestmark = pytest.mark.component

# Every second has no digest, and the namespace no default-deny: both kinds of rules have something to say.
NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: fraud}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: score-{number}, namespace: fraud}}
spec:
  selector: {{matchLabels: {{app: score-{number}}}}}
  template:
    metadata: {{labels: {{app: score-{number}}}}}
    spec:
      containers:
        - {{name: server, image: "hg.azurecr.io/score{digest}"}}
"""
AUTOSCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: score-{number}, namespace: fraud}}
spec:
  minReplicas: 2
  maxReplicas: 5
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: score-{number}}}
"""


def view() -> View:
    """Return objects of which some are wrong by themselves, and some for want of another."""
    texts = [NAMESPACE]
    for number in range(12):
        digest = f"@sha256:{'0' * 64}" if number % 2 else ":latest"
        texts.append(DEPLOYMENT.format(number=number, digest=digest))
        if number % 3:
            texts.append(AUTOSCALER.format(number=number))
    return View(tuple(manifests.from_text("---".join(texts), "all.yaml")), "all.yaml", "fraud-prod")


def decided(ask: Any) -> dict[str, Any]:
    """Return a decision without its time."""
    found = judge(Bundle.find(), view(), Envelope("P", "preview", "prod"), ask).as_json()
    return {name: value for name, value in found.items() if name != "time"}


def test_parts_decide_as_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule by rule, resource by resource, and with the same digest of what was judged."""
    ask = partial(opa.evaluate, Bundle.find())
    whole = decided(ask)
    asked: list[tuple[str | None, int]] = []

    def counted(run: Any) -> Any:
        asked.append((run.get("scope"), len(run["resources"])))
        return ask(run)

    monkeypatch.setattr(parts, "LARGE", 2)
    monkeypatch.setattr(parts.os, "sched_getaffinity", lambda _process: {0, 1, 2})

    assert decided(partial(parts.evaluate, counted)) == whole
    assert sorted(asked) == [("object", 7), ("object", 7), ("object", 7), ("relation", 21)]
    assert {"HG-SC-002", "HG-NW-002"} <= {each["rule"] for each in whole["results"]}


def test_a_part_that_can_not_be_judged_is_the_whole_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no half decision."""
    ask = partial(opa.evaluate, Bundle.find())

    def failing(run: Any) -> Any:
        if run["scope"] == "object" and run["resources"][0]["name"] != "fraud":
            raise opa.unavailable("ended")
        return ask(run)

    monkeypatch.setattr(parts, "LARGE", 2)
    monkeypatch.setattr(parts.os, "sched_getaffinity", lambda _process: {0, 1})
    with pytest.raises(HeadgateError, match="nothing was judged"):
        decided(partial(parts.evaluate, failing))
