"""What runs, as admission would see it: which kinds are read, which objects are judged, and what is told once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from decisions import decision, rule

from headgate.cluster.api import Kind
from headgate.errors import HeadgateError
from headgate.gate.running import decide, folded, running
from headgate.gate.scope import Scope
from headgate.plan.view import Operation, Resource
from headgate.policy import opa
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import for_gate
from headgate.policy.decision import Outcome, Result, Violation

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
KINDS = {
    "Namespace": Kind("", "v1", "Namespace", "namespaces", namespaced=False),
    "Event": Kind("", "v1", "Event", "events", namespaced=True),
    "Pod": Kind("", "v1", "Pod", "pods", namespaced=True),
    "Service": Kind("", "v1", "Service", "services", namespaced=True),
    "ReplicaSet": Kind("apps", "v1", "ReplicaSet", "replicasets", namespaced=True),
    "Lease": Kind("coordination.k8s.io", "v1", "Lease", "leases", namespaced=True),
    "Widget": Kind("example.com", "v1", "Widget", "widgets", namespaced=True),
}


class Cluster:
    """A cluster that has what it is told."""

    name = "here"

    def __init__(self, *objects: Mapping[str, Any]) -> None:
        self._objects = objects
        self.read: list[str] = []

    def kinds(self) -> tuple[Kind, ...]:
        """Return every kind."""
        return tuple(KINDS.values())

    def objects(self, kind: Kind) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        self.read.append(kind.name)
        return [dict(each) for each in self._objects if each["kind"] == kind.name]


def document(kind: str, name: str, namespace: str | None = "team-a", owner: str = "", **more: Any) -> dict[str, Any]:
    """Return an object."""
    metadata = {"name": name, "uid": f"uid-{name}", **({"namespace": namespace} if namespace else {})}
    if owner:
        metadata["ownerReferences"] = [{"uid": f"uid-{owner}", "controller": True}]  # type: ignore[assignment]
    metadata |= more.pop("metadata", {})
    return {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **more}


def read(*objects: Mapping[str, Any], scope: Scope | None = None) -> tuple[Cluster, list[Resource]]:
    """Return a cluster, and what is judged of it."""
    cluster = Cluster(*objects)
    view = running(cluster, BUNDLE, "sandbox", *([scope] if scope else []))  # type: ignore[arg-type]
    return cluster, list(view.resources)


def test_all_that_the_gate_is_asked_about_is_read() -> None:
    """Custom kinds too; no heartbeats of the cluster's own."""
    cluster, (widget,) = read(document("Widget", "w"))

    assert cluster.read == ["Namespace", "Pod", "Service", "ReplicaSet", "Widget"]
    assert (widget.id, widget.type, widget.group, widget.operation, widget.source) == (
        "example.com/v1/Widget/team-a/w",
        "kubernetes:example.com/v1:Widget",
        "example.com",
        Operation.CREATE,
        None,
    )


def test_rules_that_name_kinds_need_no_others() -> None:
    """So that who may read Services can have them judged."""
    cluster, _ = read(document("Service", "s"), scope=Scope(frozenset({"HG-NW-003"})))

    assert cluster.read == ["Service"]


def test_namespaces_that_the_webhook_leaves_out_are_left_out() -> None:
    """And the objects that are these namespaces."""
    objects = [document("Namespace", name, None) for name in ("kube-system", "headgate-gate", "team-a")]
    _, found = read(*objects, document("Pod", "p", "kube-system"), document("Pod", "p", "team-a"))

    assert [each.id for each in found] == ["v1/Namespace/team-a/team-a", "v1/Pod/team-a/p"]


def test_what_is_kept_for_the_record_does_not_run() -> None:
    """Only where a controller keeps it: anybody may write a pod, and an owner."""
    _, found = read(
        document("ReplicaSet", "old", owner="d", spec={"replicas": 0}),
        document("ReplicaSet", "new", owner="d", spec={"replicas": 1}),
        document("ReplicaSet", "own", spec={"replicas": 0}),
        document("Pod", "done", owner="j", status={"phase": "Succeeded"}),
        document("Pod", "runs", owner="new", status={"phase": "Running"}),
    )

    assert [each.name for each in found] == ["runs", "new", "own"]


def test_what_goes_is_judged_as_what_goes() -> None:
    """As the gate judges the removal of its finalizers."""
    _, (pod,) = read(document("Pod", "p", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}))

    assert (pod.operation, pod.properties["metadata"]["name"]) == (Operation.DELETE, "p")


def test_a_cluster_of_nothing_is_no_pass() -> None:
    """Nothing was judged, and that is said."""
    with pytest.raises(HeadgateError, match="nothing to judge"):
        read(document("Pod", "p", "kube-system"))


def failed(found: Mapping[str, Any], *messages: str) -> Result:
    """Return a failure of an object."""
    kind = KINDS[str(found["kind"])]
    name = found["metadata"]["name"]
    resource = Resource(f"{kind}/{name}", "kubernetes", "t", name, Operation.CREATE, found)
    violations = tuple(Violation(each, "p", (), "", "", None) for each in messages)
    return Result(rule(), resource, Outcome.FAIL if messages else Outcome.PASS, blocking=True, violations=violations)


def test_what_a_controller_has_wrong_is_told_once_there() -> None:
    """Over every step between; what only the pod has, such as what was put into it later, is its own."""
    top = failed(document("Widget", "w"), "tag")
    middle = failed(document("ReplicaSet", "r", owner="w"), "tag")
    pods = [
        failed(document("Pod", "p", owner="r"), "tag"),
        failed(document("Pod", "q", owner="r"), "tag", "root"),
        failed(document("Pod", "alone", owner="nobody"), "tag"),
        failed(document("Pod", "well", owner="r")),
    ]
    found = folded(decision(top, middle, *pods))

    assert [(each.resource.name, [item.message for item in each.violations]) for each in found.results] == [
        ("w", ["tag"]),
        ("q", ["root"]),
        ("alone", ["tag"]),
        ("well", []),
    ]


def test_owners_in_a_circle_hide_nothing() -> None:
    """Anybody may write them: each would be told at the other, and so nowhere."""
    own, one, two, three = (
        failed(document("Pod", name, owner=owner), "tag")
        for name, owner in (("own", "own"), ("one", "two"), ("two", "one"), ("three", "one"))
    )

    assert [each.resource.name for each in folded(decision(own, one, two, three)).results] == [
        "own",
        "one",
        "two",
        "three",
    ]


def test_the_rules_are_those_of_admission(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its gate, in its phase, with the parameters of the environment."""
    rules = [each.id for each in for_gate(BUNDLE.rules, "A")]
    runs: list[Mapping[str, Any]] = []

    def evaluate(_: Bundle, run: Mapping[str, Any], **__: Any) -> dict[str, Any]:
        runs.append(run)
        return {"results": [], "rules": rules}

    monkeypatch.setattr(opa, "evaluate", evaluate)
    view = running(Cluster(document("Pod", "p")), BUNDLE)  # type: ignore[arg-type]
    found = decide(view, BUNDLE)

    assert [(run["gate"], run["phase"], run["environment"]) for run in runs] == [("A", "apply", "prod")]
    assert (found.gate, found.origin, [each.id for each in found.rules]) == ("A", "cluster here", rules)
