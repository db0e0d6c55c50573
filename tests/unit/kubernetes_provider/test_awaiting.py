"""When each kind is ready, and the words for when it is not."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.awaiting import networking, platform, pods, workloads
from headgate.sandbox.providers.kubernetes.awaiting import wait as wait_module
from headgate.sandbox.providers.kubernetes.awaiting.expressions import readiness
from headgate.sandbox.providers.kubernetes.awaiting.registry import readiness_of
from headgate.sandbox.providers.kubernetes.awaiting.verdict import (
    READY,
    Document,
    Readiness,
    Verdict,
    failing,
    settling,
    waiting,
)
from headgate.sandbox.providers.kubernetes.awaiting.wait import NotReadyError, Wait, sayer
from headgate.sandbox.providers.kubernetes.cluster import Reference
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.protocol.values import Secret

pytestmark = pytest.mark.unit


class View:
    """A cluster that answers lists from memory."""

    def __init__(self, **lists: list[Document]) -> None:
        self._lists = lists

    def list_objects(self, api_version: str, kind: str, namespace: str, **_selectors: Any) -> list[Document]:
        """Return what was put in."""
        return self._lists.get(kind, [])


NOTHING = View()


def deployment(replicas: int = 2, generation: int = 1, **status: Any) -> Document:
    """Return a Deployment with a status."""
    return {
        "metadata": {"name": "web", "namespace": "n", "generation": generation},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"observedGeneration": 1, **status},
    }


def conditions(**found: tuple[str, str, str]) -> dict[str, Any]:
    """Return status conditions by type: (status, reason, message)."""
    rows = [
        {"type": name, "status": status, "reason": reason, "message": message}
        for name, (status, reason, message) in found.items()
    ]
    return {"conditions": rows}


@pytest.mark.parametrize(
    ("live", "verdict"),
    [
        (deployment(), waiting("the rollout: 0 of 2 replicas updated, 0 available")),
        (deployment(generation=2), waiting("the controller to see the new generation")),
        (
            deployment(updatedReplicas=1, availableReplicas=2),
            waiting("the rollout: 1 of 2 replicas updated, 2 available"),
        ),
        (
            deployment(**conditions(Progressing=("False", "ProgressDeadlineExceeded", "too slow"))),
            failing("the rollout does not progress: ProgressDeadlineExceeded: too slow"),
        ),
        (
            deployment(**conditions(ReplicaFailure=("True", "FailedCreate", "hook denied the request: no"))),
            failing("pods are refused: FailedCreate: hook denied the request: no", 20.0),
        ),
    ],
)
def test_a_deployment(live: Document, verdict: Verdict) -> None:
    """A rollout is followed by its numbers; a deadline ends the wait, a refusal after a grace time."""
    assert workloads.deployment(live, NOTHING) == verdict


def test_a_deployment_is_ready_without_old_replicas() -> None:
    """Old pods that still run mean that the rollout is not over."""
    done = deployment(updatedReplicas=2, availableReplicas=2)
    over = deployment(updatedReplicas=2, availableReplicas=2)
    over["status"]["replicas"] = 3

    assert workloads.deployment(over, NOTHING).ready is False
    done["status"]["replicas"] = 2
    assert workloads.deployment(done, NOTHING) == READY


def test_a_stateful_set() -> None:
    """Every pod is ready and of the new revision, except below a partition or with manual updates."""
    live: Document = {
        "metadata": {"generation": 1},
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": 1,
            "readyReplicas": 2,
            "replicas": 2,
            "updatedReplicas": 1,
            "currentRevision": "a",
            "updateRevision": "b",
        },
    }
    assert workloads.stateful_set(live, NOTHING) == waiting("pods in order: 2 of 2 ready, 1 of 2 updated")

    live["spec"]["updateStrategy"] = {"rollingUpdate": {"partition": 1}}
    assert workloads.stateful_set(live, NOTHING) == READY
    live["spec"]["updateStrategy"] = {"type": "OnDelete"}
    assert workloads.stateful_set(live, NOTHING) == READY


def test_a_daemon_set() -> None:
    """Each node's pod is updated and available."""
    live: Document = {
        "metadata": {"generation": 1},
        "spec": {},
        "status": {
            "observedGeneration": 1,
            "desiredNumberScheduled": 2,
            "numberAvailable": 1,
            "updatedNumberScheduled": 2,
        },
    }
    assert workloads.daemon_set(live, NOTHING) == waiting("pods on nodes: 2 of 2 updated, 1 available")
    live["status"]["numberAvailable"] = 2
    assert workloads.daemon_set(live, NOTHING) == READY


def test_a_job() -> None:
    """Complete is ready, failed is final, suspended is not awaited."""
    live: Document = {"spec": {}, "status": conditions(Failed=("True", "BackoffLimitExceeded", "3 times"))}
    assert workloads.job(live, NOTHING) == failing("the job failed: BackoffLimitExceeded: 3 times")
    assert workloads.job({"spec": {"suspend": True}}, NOTHING) == READY
    assert workloads.job({"spec": {}, "status": conditions(Complete=("True", "", ""))}, NOTHING) == READY
    assert workloads.job({"spec": {"completions": 3}, "status": {"succeeded": 1}}, NOTHING) == waiting(
        "completion: 1 of 3 pods succeeded, 0 failed"
    )


def pod(name: str, phase: str = "Pending", **status: Any) -> Document:
    """Return a Pod with a status."""
    return {"metadata": {"name": name, "namespace": "n"}, "status": {"phase": phase, **status}}


PULL = {"name": "web", "state": {"waiting": {"reason": "ErrImagePull", "message": "digest not found"}}}


def test_a_pod() -> None:
    """Running and ready, or succeeded; what a pending one waits for is named."""
    assert pods.pod(pod("p", "Succeeded"), NOTHING) == READY
    assert pods.pod(pod("p", "Running", **conditions(Ready=("True", "", ""))), NOTHING) == READY
    assert pods.pod(pod("p", "Failed", reason="Evicted"), NOTHING) == failing("the pod failed: Evicted")
    assert pods.pod(pod("p", containerStatuses=[PULL]), NOTHING) == waiting(
        "container web: ErrImagePull: digest not found"
    )


def test_why_a_workload_is_not_ready() -> None:
    """Bad conditions, pods with their reasons, and warnings that concern them; other pods' events are left out."""
    unscheduled = pod("web-1", **conditions(PodScheduled=("False", "Unschedulable", "0/2 nodes are available")))
    ready = pod("web-2", "Running", **conditions(Ready=("True", "", "")))
    about = {"kind": "Pod", "name": "web-1"}
    events = [
        {
            "type": "Warning",
            "reason": "FailedCreate",
            "message": "quota",
            "involvedObject": {"kind": "ReplicaSet", "name": "web-abc"},
        },
        {
            "type": "Warning",
            "reason": "Other",
            "message": "noise",
            "involvedObject": {"kind": "Pod", "name": "website-1"},
        },
        {"type": "Normal", "reason": "Pulled", "message": "an image", "involvedObject": about},
        {"type": "Normal", "reason": "NotTriggerScaleUp", "message": "no pool helps", "involvedObject": about},
    ]
    live = deployment(**conditions(Available=("False", "MinimumReplicasUnavailable", "too few")))

    found = pods.explain_workload(
        live, View(Pod=[unscheduled, pod("web-3", containerStatuses=[PULL]), ready], Event=events)
    )

    assert list(found) == [
        "Available: MinimumReplicasUnavailable: too few",
        "pod web-1 is Pending: Unschedulable: 0/2 nodes are available",
        "pod web-3 is Pending: container web: ErrImagePull: digest not found",
        "event FailedCreate on ReplicaSet web-abc: quota",
        "event NotTriggerScaleUp on Pod web-1: no pool helps",
    ]


def service(**spec: Any) -> Document:
    """Return a Service."""
    return {"metadata": {"name": "s", "namespace": "n"}, "spec": spec}


@pytest.mark.parametrize(
    "spec", [{}, {"clusterIP": "None", "selector": {"a": "b"}}, {"type": "ExternalName", "selector": {"a": "b"}}]
)
def test_services_without_endpoints_of_their_own_are_ready(spec: dict[str, Any]) -> None:
    """Headless, external and selector-less services are not awaited."""
    assert networking.service(service(**spec), NOTHING) == READY


def endpoints(*conditions: dict[str, Any]) -> View:
    """Return a cluster in which these are the endpoints of every service."""
    return View(EndpointSlice=[{"endpoints": [{"conditions": row} for row in conditions]}])


def test_a_service_needs_an_address_and_its_endpoints_ready() -> None:
    """A load balancer's address comes first, then every endpoint, but for those that leave."""
    balanced = service(type="LoadBalancer", selector={"a": "b"})
    assert networking.service(balanced, NOTHING) == waiting("an address from the load balancer")
    balanced["status"] = {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
    unready, leaving = {"ready": False}, {"ready": False, "terminating": True}
    assert networking.service(balanced, endpoints(unready, {"ready": True})) == waiting(
        "every pod behind the service to be ready"
    )
    assert networking.service(balanced, endpoints({"ready": True}, {}, leaving)) == READY


def test_a_service_without_pods_is_ready_once_it_has_had_the_time_to_find_some() -> None:
    """What never comes is its workload's matter; until then it says what it selects."""
    lonely = service(selector={"a": "b"})
    for nobody in (NOTHING, View(EndpointSlice=[{"endpoints": None}])):
        assert networking.service(lonely, nobody) == settling("a pod behind the service", 10.0)
    assert networking.explain_service(lonely, NOTHING) == ["no pod has the labels that the service selects: a=b"]


def test_an_ingress_needs_an_address() -> None:
    """Without a controller of its class no address comes, and the class is named."""
    live: Document = {"spec": {"ingressClassName": "headgate"}}
    assert networking.ingress(live, NOTHING) == waiting("an address from the ingress controller")
    assert networking.explain_ingress(live, NOTHING) == [
        "no controller of ingress class headgate has assigned an address"
    ]
    live["status"] = {"loadBalancer": {"ingress": [{"ip": "x"}]}}
    assert networking.ingress(live, NOTHING) == READY


def test_phases_and_conditions() -> None:
    """Namespaces, claims, volumes, quotas, definitions and aggregated APIs are ready by phase or condition."""
    assert platform.namespace({"status": {"phase": "Active"}}, NOTHING) == READY
    assert platform.namespace({}, NOTHING) == waiting("the namespace to be active (phase unknown)")
    claim: Document = {"spec": {"storageClassName": "c"}, "status": {"phase": "Pending"}}
    assert platform.volume_claim(claim, NOTHING) == waiting("a volume of class c")
    assert platform.volume_claim(claim, View(StorageClass=[{"volumeBindingMode": "WaitForFirstConsumer"}])) == READY
    assert platform.volume_claim({"spec": {}, "status": {"phase": "Bound"}}, NOTHING) == READY
    assert platform.volume_claim({"spec": {}, "status": {"phase": "Lost"}}, NOTHING) == failing(
        "the claim lost its volume"
    )
    assert platform.volume({"status": {"phase": "Available"}}, NOTHING) == READY
    quota: Document = {"spec": {"hard": {"pods": "1"}}, "status": {}}
    assert platform.resource_quota(quota, NOTHING) == waiting("the quota controller")
    quota["status"] = {"hard": {"pods": "1"}}
    assert platform.resource_quota(quota, NOTHING) == READY
    taken = {"status": conditions(NamesAccepted=("False", "ListKindConflict", "taken"))}
    assert platform.custom_resource_definition(taken, NOTHING) == failing(
        "the names are taken: ListKindConflict: taken", grace=5.0
    )
    assert platform.custom_resource_definition({"status": conditions(Established=("True", "", ""))}, NOTHING) == READY
    assert platform.api_service({"status": conditions(Available=("True", "", ""))}, NOTHING) == READY


@pytest.mark.parametrize(
    ("expression", "ready"),
    [
        ("condition=Ready", True),
        ("condition=Ready=true", True),
        ("condition=Ready=False", False),
        ("jsonpath={.status.phase}", True),
        ("jsonpath={.status.phase}=Running", True),
        ("jsonpath={.status.phase}=Pending", False),
        ("jsonpath={.status.list[1].name}=b", True),
        ("jsonpath={.status.list[9].name}", False),
        ("jsonpath={.status['dotted.key']}=v", True),
        (r"jsonpath={.status.dotted\.key}=v", True),
        ("jsonpath={.status.flag}=true", True),
    ],
)
def test_wait_expressions(expression: str, ready: bool) -> None:
    """Conditions and JSON paths, with and without a wanted value."""
    status = {
        "phase": "Running",
        "list": [{"name": "a"}, {"name": "b"}],
        "dotted.key": "v",
        "flag": True,
        **conditions(Ready=("True", "", "")),
    }

    assert readiness([expression]).check({"status": status}, NOTHING).ready is ready


@pytest.mark.parametrize(
    ("generation", "status", "verdict"),
    [
        (2, {"observedGeneration": "1", "phase": "Healthy"}, waiting("the controller to see the new generation")),
        (2, {"observedGeneration": "2", "phase": "Healthy"}, READY),
        (2, {"observedGeneration": "2", "phase": "Progressing"}, waiting("jsonpath={.status.phase}=Healthy")),
        (
            2,
            {"observedGeneration": "2", "phase": "Degraded", "abort": True, "message": "metric failed"},
            failing("the rollout was aborted: metric failed", 5.0),
        ),
    ],
    ids=["of before", "taken over", "on its way", "aborted"],
)
def test_a_rollout_is_looked_at_as_it_is_now(generation: int, status: Document, verdict: Verdict) -> None:
    """The status that it had before an update says nothing of the update; one that was given up is not waited for."""
    live = {"kind": "Rollout", "metadata": {"generation": generation}, "status": status}

    assert readiness(["jsonpath={.status.phase}=Healthy"]).check(live, NOTHING) == verdict


def test_an_unreadable_expression_is_refused() -> None:
    """The error quotes the expression and names the two forms."""
    with pytest.raises(HeadgateError, match="waitFor") as caught:
        readiness(["phase=Running"])

    assert caught.value.found == "phase=Running"


def test_which_kinds_are_awaited() -> None:
    """Kinds of the table, anything with an expression, and nothing that says skipAwait."""
    base = {"apiVersion": "v1", "kind": "Namespace", "metadata": {}}
    skipped = {**base, "metadata": {"annotations": {"pulumi.com/skipAwait": "true"}}}
    custom = {**base, "kind": "ConfigMap", "metadata": {"annotations": {"pulumi.com/waitFor": "condition=A"}}}

    assert readiness_of(base) is not None
    assert readiness_of(skipped) is None
    assert readiness_of({**base, "kind": "ConfigMap"}) is None
    assert readiness_of(custom) is not None


class Scripted(View):
    """A cluster whose object is, look by look, what the script says."""

    def __init__(self, *looks: Document | KubeError | None) -> None:
        super().__init__()
        self._looks = list(looks)

    def get(self, _reference: Reference) -> Document | None:
        """Return the next look."""
        found = self._looks.pop(0)
        if isinstance(found, KubeError):
            raise found
        return found


REFERENCE = Reference(Kind("v1", "Thing"), "t", "n")
PHASES = Readiness(lambda live, _view: READY if live["phase"] == "ok" else waiting(live["phase"]))


def wait(cluster: Any, first: Document, timeout: float = 30.0) -> tuple[Document, list[str]]:
    """Wait for a scripted object; return how it ended and what was said."""
    said: list[str] = []
    found = Wait(cluster, threading.Event()).until_ready(REFERENCE, first, PHASES, timeout, said.append, _never)
    return found, said


def _never(line: str) -> None:
    """Stand for whoever is warned, where nothing is to be warned of."""
    raise AssertionError(line)


def test_the_wait_says_each_thing_once_and_returns_the_last_look() -> None:
    """Messages change with what is awaited."""
    looks = [{"phase": "one"}, {"phase": "two"}, {"phase": "ok"}]

    assert wait(Scripted(*looks), {"phase": "one"}) == ({"phase": "ok"}, ["waiting for one", "waiting for two"])


def test_what_settles_is_ready_when_nothing_more_came_for_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time starts again when it was something else between; until it is over, it says what it waits for."""
    clock = iter([0.0, 1.0, 9.0, 11.0, 12.0, 21.0, 22.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(wait_module, "_FIRST_PAUSE", 0.0)
    alone = Readiness(lambda live, _view: settling("a pod", 10.0) if live["alone"] else waiting("its pod"))
    looks = [{"alone": True}, {"alone": False}, {"alone": True}, {"alone": True}, {"alone": True, "last": True}]
    said: list[str] = []

    found = Wait(Scripted(*looks), threading.Event()).until_ready(  # type: ignore[arg-type]
        REFERENCE, {"alone": True}, alone, 600.0, said.append, _never
    )

    assert found == {"alone": True, "last": True}
    assert said == ["waiting for a pod", "waiting for its pod", "waiting for a pod"]


def test_a_wait_that_takes_long_says_what_holds_the_object_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only once its time is up: whoever looks on sees why nothing happens, and what is stuck stays to be read."""
    monkeypatch.setattr(wait_module, "_EXPLAIN_EACH", 0.0)
    looks = [{"phase": "one", "why": "quota"}, {"phase": "one", "why": "quota"}, {"phase": "ok"}]
    stuck = lambda live, _view: ["no node comes"] if live["why"] == "quota" else []  # noqa: E731 - a check's form
    explained = Readiness(PHASES.check, lambda live, _view: [live["why"]], stuck)
    said: list[str] = []
    warned: list[str] = []

    Wait(Scripted(*looks), threading.Event()).until_ready(  # type: ignore[arg-type]
        REFERENCE, {"phase": "one", "why": "no pod"}, explained, 30.0, said.append, warned.append
    )

    assert said == ["waiting for one; no pod", "waiting for one; quota"]
    assert warned == ["no node comes"]


def test_why_no_node_comes_is_told_of_pods_that_have_none() -> None:
    """In the autoscaler's words; what else goes on with them is left to the end."""
    lacking = pod("web-1", **conditions(PodScheduled=("False", "Unschedulable", "0/2 nodes are available")))
    placed = pod("web-2", **conditions(PodScheduled=("True", "", "")))
    events = [
        {"type": kind, "reason": reason, "message": reason, "involvedObject": {"kind": "Pod", "name": name}}
        for kind, reason, name in (
            ("Normal", "NotTriggerScaleUp", "web-1"),
            ("Warning", "FailedScaleUp", "web-1"),
            ("Warning", "FailedScheduling", "web-1"),
            ("Normal", "NotTriggerScaleUp", "web-2"),
        )
    ]
    told = [f"event {reason} on Pod web-1: {reason}" for reason in ("NotTriggerScaleUp", "FailedScaleUp")]

    assert pods.stuck_workload(deployment(), View(Pod=[lacking, placed], Event=events)) == told
    assert pods.stuck_workload(deployment(), View(Pod=[placed], Event=events)) == []
    assert pods.stuck_pod(lacking, View(Event=events)) == told


def test_karpenters_word_on_a_limit_is_told_and_the_schedulers_is_not() -> None:
    """Both call it FailedScheduling; the scheduler says it of each pod for which a node is still being made."""
    lacking = pod("web-1", **conditions(PodScheduled=("False", "Unschedulable", "0/2 nodes are available")))
    limit = 'Failed to schedule pod, all available instance types exceed limits for nodepool (NodePool="gpu")'
    events = [
        {
            "type": "Warning",
            "reason": "FailedScheduling",
            "message": message,
            "involvedObject": {"kind": "Pod", "name": "web-1"},
            "source": {"component": component},
        }
        for component, message in (("default-scheduler", "0/2 nodes are available"), ("karpenter", limit))
    ]
    told = [f"event FailedScheduling on Pod web-1: {limit}"]

    assert pods.stuck_workload(deployment(), View(Pod=[lacking], Event=events)) == told
    assert pods.stuck_pod(lacking, View(Event=events)) == told
    model = {
        **deployment(),
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {**deployment()["metadata"], "annotations": {"pulumi.com/waitFor": "condition=Available"}},
    }
    awaited = readiness_of(model)
    assert awaited is not None
    assert awaited.stuck(model, View(Pod=[lacking], Event=events)) == told


def test_what_is_said_has_no_secret_of_the_resource() -> None:
    """A message may quote what was sent."""
    said: list[tuple[str, str]] = []

    sayer(lambda urn, text: said.append((urn, text)), "urn", {"data": Secret("hunter2hunter2")})("it is hunter2hunter2")

    assert said == [("urn", "it is [secret]")]


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (None, "it was deleted while it was getting ready"),
        (KubeError(0, "Unreachable", "refused"), "the API server went away during the wait: refused"),
    ],
)
def test_a_wait_that_loses_its_object_keeps_the_last_look(look: Any, reason: str) -> None:
    """State must keep what was applied, with the reason."""
    with pytest.raises(NotReadyError) as caught:
        wait(Scripted(look), {"phase": "one"})

    assert (caught.value.live, list(caught.value.reasons)) == ({"phase": "one"}, [reason])


def test_a_wait_whose_time_is_up_says_what_for() -> None:
    """The time-out names the last thing that was awaited."""
    with pytest.raises(NotReadyError, match="not ready after 0 seconds, waiting for one"):
        wait(Scripted(), {"phase": "one"}, timeout=0)


def test_deletion_waits_for_the_same_object_only() -> None:
    """Another object under the same name means that ours is gone."""
    held = {"metadata": {"uid": "1", "deletionTimestamp": "t", "finalizers": ["f"]}}
    said: list[str] = []
    cluster = Scripted(held, {"metadata": {"uid": "2"}})

    Wait(cluster, threading.Event()).until_gone(REFERENCE, "1", 30.0, said.append)  # type: ignore[arg-type]

    assert said == ["waiting for deletion, held by finalizers f"]
