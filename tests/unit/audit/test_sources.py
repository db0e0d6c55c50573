"""What becomes of OPA's decisions and of Kubernetes audit events."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.audit.collector.alertmanager import envelopes_of_call
from headgate.audit.collector.kubernetes import entries_of_events, is_relevant
from headgate.audit.collector.opa import entry_of_decision
from headgate.sandbox.region.identities import COMPONENTS

pytestmark = pytest.mark.unit


def event(**changes: Any) -> dict[str, Any]:
    """Return a person's finished write."""
    return {
        "stage": "ResponseComplete",
        "auditID": "a-1",
        "verb": "create",
        "user": {"username": "alice"},
        "objectRef": {
            "apiGroup": "apps",
            "apiVersion": "v1",
            "resource": "deployments",
            "namespace": "fraud",
            "name": "scorer",
        },
        "responseStatus": {"code": 201},
        "requestReceivedTimestamp": "2026-01-31T12:00:00.000000Z",
        "requestObject": {"spec": "large"},
    } | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"stage": "RequestReceived"}, False),
        ({"verb": "get"}, False),
        ({"verb": "get", "objectRef": {"resource": "secrets"}}, True),
        ({"verb": "get", "objectRef": {"resource": "secrets"}, "user": {"username": "system:node:n1"}}, False),
        ({"verb": "get", "responseStatus": {"code": 403}}, True),
        ({"user": {"username": "system:kube-scheduler"}}, False),
        ({"user": {"username": "system:kube-scheduler-2"}}, True),
        ({"user": {"username": "system:serviceaccount:kube-system:job-controller"}}, False),
        ({"user": {"username": "headgate:deployer"}}, True),
        ({"user": {"username": "system:kube-scheduler"}, "responseStatus": {"code": 403}}, True),
        ({"objectRef": {"resource": "leases"}}, False),
        ({"objectRef": {"resource": "pods", "subresource": "status"}}, False),
        ({"verb": "get", "objectRef": {"resource": "pods", "subresource": "exec"}}, True),
    ],
)
def test_events_are_kept_when_they_concern_policy(changes: dict[str, Any], expected: bool) -> None:
    """Writes by people, refusals, sessions, reads of secrets; not the control plane's own work."""
    assert is_relevant(event(**changes)) is expected


DECIDED = {"admission.headgate.dev/decision": "8bcf88fc", "admission.headgate.dev/verdict": "allow"}


@pytest.mark.parametrize(
    "user",
    ["system:apiserver", "system:kube-scheduler", "system:serviceaccount:kube-system:replicaset-controller"],
)
def test_what_the_gate_decided_is_kept_whoever_asked(user: str) -> None:
    """A gate's pod that is killed takes along what it had not sent; of controllers nothing else would tell it."""
    asked = {"user": {"username": user}, "objectRef": {"resource": "pods", "namespace": "fraud"}}

    assert is_relevant(event(**asked, annotations=DECIDED))
    assert not is_relevant(event(**asked, annotations={"authorization.k8s.io/decision": "allow"}))
    (entry,) = entries_of_events("aks-uaenorth", {"kind": "EventList", "items": [event(**asked, annotations=DECIDED)]})
    assert (entry["actor"], entry["data"]["annotations"]) == (user, DECIDED)


@pytest.mark.parametrize("user", COMPONENTS.values())
def test_the_sandbox_s_components_decide_nothing(user: str) -> None:
    """What each of a region's components writes is left out, what it is refused is kept."""
    assert not is_relevant(event(user={"username": user}))
    assert is_relevant(event(user={"username": user}, responseStatus={"code": 403}))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"verb": "get"}, False),
        ({"verb": "patch"}, True),
        ({"verb": "get", "user": {"username": "system:serviceaccount:team-fraud:gate-certificates"}}, True),
        ({"verb": "get", "objectRef": {"resource": "secrets", "namespace": "team-fraud", "name": "opa-tls"}}, True),
    ],
)
def test_the_keeper_of_the_gate_s_certificate_may_look_at_it(changes: dict[str, Any], expected: bool) -> None:
    """At that one Secret, without an entry every few seconds; what it changes, or reads elsewhere, is kept."""
    keeper = {
        "user": {"username": "system:serviceaccount:headgate-gate:gate-certificates"},
        "objectRef": {"resource": "secrets", "namespace": "headgate-gate", "name": "opa-tls"},
    }

    assert is_relevant(event(**keeper | changes)) is expected


def test_an_event_is_kept_compactly() -> None:
    """Who did what to which object, with which result; never the object itself."""
    found = entries_of_events("aks-uaenorth", {"kind": "EventList", "items": [event(), event(verb="list")]})

    assert found == [
        {
            "kind": "kubernetes",
            "time": "2026-01-31T12:00:00.000000Z",
            "actor": "alice",
            "subject": "aks-uaenorth create deployments fraud/scorer",
            "data": {
                "cluster": "aks-uaenorth",
                "audit_id": "a-1",
                "verb": "create",
                "resource": "deployments",
                "api": "apps/v1",
                "name": "fraud/scorer",
                "code": 201,
            },
        }
    ]


HOOK = {"resource": "validatingwebhookconfigurations", "name": "headgate-admission"}
OPENED = {"verb": "patch", "objectRef": HOOK, "responseStatus": {"code": 200}, "requestURI": "/apis/x"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"verb": "delete"}, True),
        ({"verb": "deletecollection", "objectRef": {"resource": HOOK["resource"]}}, True),
        ({"objectRef": HOOK | {"name": "another"}}, False),
        ({"objectRef": HOOK | {"resource": "deployments"}}, False),
        ({"responseStatus": {"code": 201}}, False),
        ({"responseStatus": {"code": 403}}, False),
        ({"requestURI": "/apis/x?dryRun=All"}, False),
        ({"user": {"username": "system:serviceaccount:headgate-gate:gate-certificates"}}, False),
    ],
)
def test_who_changes_the_gate_s_webhook_raises_an_alarm(changes: dict[str, Any], expected: bool) -> None:
    """Changed or deleted in earnest, by anybody but the keeper of its certificate; its creation is none."""
    items = [event(**OPENED | changes)]
    alarms = [each for each in entries_of_events("c", {"kind": "EventList", "items": items}) if each["kind"] == "alert"]

    assert [(each["subject"], each["actor"], each["data"]["alert"]) for each in alarms] == (
        [("c", "alice", "admission-changed")] if expected else []
    )


@pytest.mark.parametrize("document", [[], {}, {"kind": "EventList"}, {"kind": "Event", "items": []}])
def test_what_is_no_event_list_is_refused(document: Any) -> None:
    """An empty answer to it would lose events silently."""
    with pytest.raises(ValueError, match="EventList"):
        entries_of_events("c", document)


def test_an_admission_decision_names_who_asked_for_what() -> None:
    """The admission request within the input gives actor and subject; the engine's metrics are left out."""
    request = {
        "uid": "u",
        "operation": "CREATE",
        "kind": {"kind": "Deployment"},
        "namespace": "fraud",
        "name": "scorer",
        "userInfo": {"username": "alice"},
    }
    decision = {
        "decision_id": "d",
        "timestamp": "2026-01-31T12:00:00.123456789Z",
        "path": "main/admission",
        "input": {"request": request},
        "result": {"allowed": False},
        "metrics": {"timer": 1},
    }

    assert entry_of_decision(decision) == {
        "kind": "admission",
        "time": "2026-01-31T12:00:00.123456789Z",
        "actor": "alice",
        "subject": "CREATE Deployment fraud/scorer",
        "data": {
            "decision_id": "d",
            "path": "main/admission",
            "input": {"request": request},
            "result": {"allowed": False},
        },
    }


def admission(**given: Any) -> dict[str, Any]:
    """Return a decision about a request with some fields."""
    return {"decision_id": "d", "path": "main/admission", "input": {"request": {"uid": "u", **given}}}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"object": {"kind": "Secret", "data": {"key": "c2VjcmV0"}}}, "data"),
        ({"oldObject": {"kind": "ConfigMap", "binaryData": {"key": "c2VjcmV0"}}}, "binaryData"),
        ({"object": {"metadata": {"annotations": {"note": "secret"}}}}, "annotations"),
        ({"object": {"spec": {"containers": [{"env": [{"name": "N", "value": "secret"}]}]}}}, "env"),
        ({"object": {"spec": {"template": {"spec": {"initContainers": [{"args": ["secret"]}]}}}}}, "args"),
        ({"object": {"metadata": {"name": "n"}, "spec": {"containers": [{"image": "i"}]}}}, None),
        ({"object": None, "oldObject": {"data": {}}}, None),
    ],
)
def test_what_opa_s_own_mask_left_in_withholds_the_payload(given: dict[str, Any], left: str | None) -> None:
    """OPA leaves out a rule of the mask that fails and sends the event as it is: the entry says so, not what it was."""
    found = entry_of_decision(admission(**given))

    reason = f"OPA's mask left `{left}` in it"
    expected = {"payload": "withheld", "reason": reason, "decision_id": "d"}
    assert found["data"] == (expected if left else admission(**given))
    assert not left or "c2VjcmV0" not in str(found)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (event(user="alice"), "not translated: AttributeError"),
        (event(requestReceivedTimestamp="yesterday, secret"), "not translated: ValueError"),
        (event(annotations=7), "not translated: AttributeError"),
    ],
)
def test_an_event_that_can_t_be_read_is_kept_without_its_payload(broken: dict[str, Any], reason: str) -> None:
    """And the others of its batch as they are; the reason tells the error, never a value."""
    found = entries_of_events("c", {"kind": "EventList", "items": [broken, event()]})

    assert [each["data"].get("payload") for each in found] == ["withheld", None]
    assert found[0]["data"] == {"payload": "withheld", "reason": reason, "auditID": "a-1"}
    assert (found[0]["kind"], found[0]["subject"]) == ("kubernetes", "c")


FIRED = {
    "status": "firing",
    "labels": {"alertname": "RegistryDown", "severity": "critical"},
    "annotations": {"summary": "the registry does not answer"},
    "startsAt": "2026-01-31T12:00:00.5Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus/graph",
    "fingerprint": "0123456789abcdef",
}


def test_an_alert_is_an_entry_that_says_since_when() -> None:
    """Each alert of a call, its labels as they are, about the stack that the path names."""
    over = FIRED | {"status": "resolved", "endsAt": "2026-01-31T12:05:00Z"}
    found = envelopes_of_call({"version": "4", "alerts": [FIRED, over]}, "platform-prod")

    data = {
        "name": "RegistryDown",
        "status": "firing",
        "stack": "platform-prod",
        "labels": FIRED["labels"],
        "annotations": FIRED["annotations"],
        "starts": FIRED["startsAt"],
        "fingerprint": FIRED["fingerprint"],
    }
    entry = {
        "kind": "alert",
        "time": FIRED["startsAt"],
        "actor": "alertmanager",
        "subject": "platform-prod/RegistryDown",
        "data": data,
    }
    ends = {"status": "resolved", "ends": "2026-01-31T12:05:00Z"}
    assert found == [entry, entry | {"time": "2026-01-31T12:05:00Z", "data": data | ends}]


@pytest.mark.parametrize("broken", [{"status": "firing"}, FIRED | {"status": "unknown"}, "text"])
def test_an_alert_in_another_form_is_kept_without_its_payload(broken: Any) -> None:
    """A call that were refused for it would come again and again, with the others of its group."""
    found = envelopes_of_call({"alerts": [broken, FIRED]})

    assert [each["data"].get("payload") for each in found] == ["withheld", None]
    assert [each["subject"] for each in found] == ["alertmanager", "RegistryDown"]
    with pytest.raises(ValueError, match="alerts"):
        envelopes_of_call([])


def test_another_decision_is_named_by_its_path() -> None:
    """A decision without an admission request is a decision, of the rules asked."""
    found = entry_of_decision({"decision_id": "d", "path": "main/check", "input": 1, "requested_by": "127.0.0.1:1"})

    assert (found["kind"], found["actor"], found["subject"]) == ("decision", "127.0.0.1:1", "main/check")
    with pytest.raises(ValueError, match="decision_id"):
        entry_of_decision({})
