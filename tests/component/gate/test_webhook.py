"""Gate A: what the API server is answered by the real OPA, run as the component's pod runs it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from headgate.policy.bundle import Bundle
from headgate.policy.samples import Sample, of

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
# Those of models need facts, which this gate follows no registry for: tests/component/policy/test_parity.py has them.
SAMPLES = [
    sample
    for rule in BUNDLE.rules
    if not rule.facts
    for sample in of(BUNDLE, rule)
    if sample.is_tried_at("A") and not sample.facts
]
HARDENED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
DIGEST = "0123456789abcdef" * 4
ALLOWED = f"hgplatformprod.azurecr.io/runtimes/scorer@sha256:{DIGEST}"


def review(image: str = ALLOWED, **request: Any) -> dict[str, Any]:
    """Return a request to create a pod."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "scorer", "namespace": "fraud"},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "server",
                    "image": image,
                    "env": [{"name": "KEY", "value": "s3cret"}],
                    "securityContext": HARDENED,
                }
            ],
        },
    }
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1-2-3",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "name": "scorer",
            "namespace": "fraud",
            "operation": "CREATE",
            "userInfo": {"username": "fraud-deployer"},
            "object": pod,
            "oldObject": None,
            **request,
        },
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_has_its_outcome_at_admission(webhook: Any, sample: Sample) -> None:
    """Parity: what the folder says is what the cluster does."""
    response = webhook.answer(sample.as_review())
    message = response.get("status", {}).get("message", "")

    assert (f"[{sample.rule.id}]" in message, response["allowed"] or not sample.allowed or message != "") == (
        not sample.allowed,
        True,
    )


def test_what_the_rules_allow_is_admitted(webhook: Any) -> None:
    """The whole answer, as the API server reads it."""
    answer = webhook.post(review()).json()

    assert answer == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {
            "uid": "1-2-3",
            "allowed": True,
            "warnings": [],
            "auditAnnotations": {"decision": "1-2-3", "verdict": "allow", "rules": ""},
        },
    }


def test_a_denial_says_what_where_and_what_to_write_instead(webhook: Any) -> None:
    """The message that kubectl shows."""
    response = webhook.answer(review("nginx:latest"))

    assert response == {
        "uid": "1-2-3",
        "allowed": False,
        "warnings": [],
        "status": {
            "code": 403,
            "reason": "Forbidden",
            "message": (
                '[HG-SC-001] Pod fraud/scorer: spec.containers[0].image: image "nginx:latest" is not from an allowed '
                "registry (write: a reference that begins with hgplatformprod.azurecr.io/; "
                "rule: docs/rules/HG-SC-001.md)"
                '; [HG-SC-002] Pod fraud/scorer: spec.containers[0].image: image "nginx:latest" is not named by digest '
                "(write: hgplatformprod.azurecr.io/nginx@sha256:<64 hex digits>; rule: docs/rules/HG-SC-002.md)"
            ),
        },
        "auditAnnotations": {"decision": "1-2-3", "verdict": "deny", "rules": "HG-SC-001,HG-SC-002"},
    }


def test_what_is_being_deleted_may_lose_its_finalizers(webhook: Any) -> None:
    """A rule that came later does not keep an object alive; a changed image is still refused."""
    leaving = review("nginx:latest", operation="UPDATE")
    leaving["request"]["oldObject"] = copy.deepcopy(leaving["request"]["object"])
    leaving["request"]["object"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    changed = copy.deepcopy(leaving)
    changed["request"]["oldObject"]["spec"]["containers"][0]["image"] = ALLOWED

    assert [webhook.answer(each)["allowed"] for each in (leaving, changed)] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "text",
        {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"},
        review() | {"apiVersion": "admission.k8s.io/v1beta1"},
        review() | {"kind": "Pod"},
        review(object=None),
        review(object="text"),
        review(kind={"group": "", "version": "v1"}),
        review(operation="INVENTED"),
        review(uid=""),
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_what_can_not_be_understood_is_denied(webhook: Any, body: object) -> None:
    """Never a pass: an answer that denies, or no decision at all, which the API server takes for a denial."""
    answer = webhook.post(body)

    assert answer.status != 200 or answer.json()["response"]["allowed"] is False


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/policies"),
        ("PUT", "/v1/policies/main/admission"),
        ("DELETE", "/v1/policies/rules%2Fdata.json"),
        ("PUT", "/v1/data/parameters"),
        ("PATCH", "/v1/data"),
        ("GET", "/v1/data"),
        ("POST", "/v1/data/main/decision"),
        ("POST", "/v0/data/main"),
        ("POST", "/v1/query"),
        ("POST", "/v1/compile"),
        ("GET", "/v1/config"),
        ("PUT", "/"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer guess"}], ids=["anonymous", "token"])
def test_nothing_but_reviews_and_health_is_answered(
    webhook: Any, method: str, path: str, headers: dict[str, str]
) -> None:
    """Another process can't rewrite or read the rules."""
    answer = webhook.pool.request(method, path, body=b"{}", headers=headers)

    assert answer.status in {401, 403, 405}


def test_a_decision_reaches_the_collector_without_secrets(webhook: Any) -> None:
    """Who asked for what is kept; what it contained is not."""
    asked = review("nginx:latest", uid="masked")
    webhook.post(asked)
    event = next(found for found in iter(lambda: webhook.decisions.get(timeout=15), None) if "masked" in str(found))

    assert (
        event["authorization"],
        event["input"]["request"]["userInfo"]["username"],
        event["result"]["response"]["allowed"],
        "s3cret" in json.dumps(event),
    ) == ("Bearer collector-token-of-the-gate", "fraud-deployer", False, False)


ALIVE = "/health"


@pytest.mark.parametrize(
    ("missing", "cause"),
    [
        ("catalogue", "the rule set is empty at gate A"),
        ("index", "the index of the rules at gate A does not hold them all"),
        ("parameters", "there are no parameters for environment prod"),
        ("parameters_schema", "the parameters of environment prod don't fit policies/schemas/parameters.json"),
        ("environment", "there are no rules at all"),
    ],
)
def test_a_gate_without_its_data_is_never_ready_and_says_why(
    start_webhook: Callable[..., Any], missing: str, cause: str
) -> None:
    """A rule set that is empty, or parameters that are not there, let nothing through: the gate is not asked."""
    files = BUNDLE.admission_files("prod")
    data = json.loads(files["data.json"])
    del data[missing]

    gate = start_webhook(files | {"data.json": json.dumps(data)}, probe=ALIVE)

    assert (gate.is_ready(), cause in gate.said) == (False, True), gate.said


@pytest.mark.parametrize("missing", ["catalogue", "parameters", "environment"])
def test_a_gate_without_its_data_denies_whoever_asks_all_the_same(
    start_webhook: Callable[..., Any], missing: str
) -> None:
    """Past the Service, that asks none but ready pods."""
    files = BUNDLE.admission_files("prod")
    data = json.loads(files["data.json"])
    del data[missing]

    answer = start_webhook(files | {"data.json": json.dumps(data)}, probe=ALIVE).post(review())

    assert answer.status != 200 or answer.json()["response"]["allowed"] is False


NO_ANSWER = "rule HG-SC-002 has no `violation`: its file is missing or broken"
CONFLICT = "function data.rules.supply_chain.digest._both produced conflicting values for the same inputs"


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ("package rules.supply_chain.digest\n", NO_ANSWER),
        (
            'package rules.supply_chain.digest\nviolation := x if { x := input.resource.name[_] == "" }\n',
            NO_ANSWER,
        ),
        (
            "package rules.supply_chain.digest\nviolation contains v if v := _both(1)\n_both(_) := 1\n_both(_) := 2\n",
            CONFLICT,
        ),
    ],
    ids=["empty", "no-set", "conflict"],
)
def test_a_broken_rule_makes_a_gate_that_is_never_ready_and_denies(
    start_webhook: Callable[..., Any], broken: str, cause: str
) -> None:
    """A rule that errors or is not there is no pass; why, the gate says to whoever looks."""
    files = BUNDLE.admission_files("prod") | {"rules/supply_chain/digest/digest.rego": broken}
    gate = start_webhook(files, probe=ALIVE)

    ready, answer = gate.pool.request("GET", "/health/ready"), gate.post(review())

    assert (ready.status, cause in gate.said + ready.data.decode()) == (500, True), gate.said
    assert cause in answer.data.decode()
    assert answer.status != 200 or answer.json()["response"]["allowed"] is False


def test_a_gate_says_nothing_of_each_request(webhook: Any) -> None:
    """Its log is for what went wrong; decisions have a log of their own."""
    webhook.post(review())

    assert "Received request" not in webhook.said
