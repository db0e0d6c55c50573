"""The update gate without an engine: envelope, strictness, record, and how it speaks the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from headgate.errors import HeadgateError
from headgate.gate.update import session as session_module
from headgate.gate.update.analyzer import Analyzer
from headgate.gate.update.session import Session
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import SCOPES, for_gate
from headgate.policy.decision import Decision
from headgate.policy.level import Level

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
URN = "urn:pulumi:fraud-dev::headgate::kubernetes:core/v1:Pod::scorer"
ROOT = "urn:pulumi:fraud-dev::headgate::pulumi:pulumi:Stack::headgate-fraud-dev"
RULES = {scope: [rule.id for rule in for_gate(BUNDLE.rules, "U", scope)] for scope in SCOPES}
DETAILS = {"property": "spec", "path": ["spec"], "found": "a", "expected": "b"}


@dataclass
class Opa:
    """An OPA that finds what it is told to, and keeps what it was asked."""

    results: list[dict[str, Any]] = field(default_factory=list)
    runs: list[Mapping[str, Any]] = field(default_factory=list)

    def ask(self, run: Mapping[str, Any]) -> dict[str, Any]:
        """Answer."""
        self.runs.append(run)
        return {"rules": RULES[run["scope"]], "errors": [], "results": self.results}


class AbortedError(Exception):
    """What grpc's abort does."""


class Context:
    """A call that keeps how it was ended."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        """End it."""
        raise AbortedError(f"{code.name}: {details}")


def finding(rule: str, *, blocking: bool, outcome: str = "fail", deferred: bool = False) -> dict[str, Any]:
    """Return one result as OPA gives it."""
    return {
        "resource": 0,
        "rule": rule,
        "outcome": outcome,
        "level": "deny" if blocking else "warn",
        "blocking": blocking,
        "deferred": deferred,
        "violations": [{"msg": "wrong", "details": DETAILS}],
    }


@pytest.fixture
def opa() -> Opa:
    """Return an OPA that finds nothing."""
    return Opa()


@pytest.fixture
def session(opa: Opa) -> Session:
    """Return a session of a dev stack, where HG-SC-002 warns."""
    return Session(BUNDLE, opa.ask, stack="fraud-dev")


@pytest.fixture
def analyzer(session: Session) -> Analyzer:
    """Return the protocol's side of the session."""
    return Analyzer(lambda: session, "1.0.0")


def judge(session: Session, urn: str = URN) -> Decision:
    """Judge a pod."""
    provider = "urn:pulumi:fraud-dev::headgate::pulumi:providers:kubernetes::cluster-uaenorth"
    return session.judge(urn, "kubernetes:core/v1:Pod", {"spec": {}}, protect=False, parent="", provider=provider)


def test_relations_are_judged_once_over_what_was_gathered(session: Session, opa: Opa) -> None:
    """All resources with their inputs, where they are, and what each needs; and nothing is asked without any."""
    none = session.relate({})
    judge(session, "a")
    judge(session, "b")
    opa.results = [finding("HG-SV-001", blocking=True) | {"resource": 1}]
    decision = session.relate({"b": ["a"]})

    assert none is None
    assert decision is not None
    assert [(result.rule.id, result.resource.id) for result in decision.blocking] == [("HG-SV-001", "b")]
    assert [
        (run["scope"], [(each["id"], each["connection"], each.get("dependencies")) for each in run["resources"]])
        for run in opa.runs
    ] == [
        ("object", [("a", "cluster-uaenorth", None)]),
        ("object", [("b", "cluster-uaenorth", None)]),
        ("relation", [("a", "cluster-uaenorth", None), ("b", "cluster-uaenorth", ["a"])]),
    ]


def test_a_relation_that_is_wrong_stops_the_engine_at_its_end(analyzer: Analyzer, opa: Opa) -> None:
    """On the resource that it is about."""
    request = analyzer_pb2.AnalyzeRequest(urn=URN, type="kubernetes:core/v1:Pod", properties=struct_pb2.Struct())
    analyzer.Analyze(request, Context())
    opa.results = [finding("HG-SV-001", blocking=True)]
    answer = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), Context())

    assert [(each.policyName, each.enforcementLevel, each.urn) for each in answer.diagnostics] == [
        ("HG-SV-001", analyzer_pb2.MANDATORY, URN)
    ]


@pytest.mark.parametrize(("dry_run", "phase"), [(True, "preview"), (False, "apply")])
def test_a_preview_may_defer_and_an_update_may_not(session: Session, opa: Opa, dry_run: bool, phase: str) -> None:
    """The phase is the engine's; the environment is the stack's."""
    session.dry_run = dry_run
    judge(session)

    assert [(run["gate"], run["phase"], run["environment"]) for run in opa.runs] == [("U", phase, "dev")]


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [
        ({"HG-SC-001": Level.DENY, "HG-SC-002": Level.WARN}, True),
        ({"HG-SC-002": Level.DENY}, True),
        ({"HG-SC-001": Level.WARN}, False),
        ({"HG-SC-002": None}, False),
        ({"HG-XX-001": Level.DENY}, False),
    ],
)
def test_configuration_can_only_make_rules_stricter(
    session: Session, wanted: dict[str, Level | None], accepted: bool
) -> None:
    """Weaker, disabled and unknown are refused, and with them the update."""
    refused = False
    try:
        session.configure(wanted)
    except HeadgateError:
        refused = True

    assert refused is not accepted


def test_a_stricter_rule_stops_what_would_only_warn(session: Session, opa: Opa) -> None:
    """But what is deferred stays so: a stricter level does not know the value any sooner."""
    opa.results = [finding("HG-SC-002", blocking=False)]
    before = len(judge(session).blocking)
    session.configure({"HG-SC-002": Level.DENY})
    after = len(judge(session).blocking)
    opa.results = [finding("HG-SC-002", blocking=False, outcome="undetermined", deferred=True)]

    assert (before, after, len(judge(session).blocking)) == (0, 1, 0)


def test_a_refusal_is_recorded_at_once_and_the_run_at_its_end(
    session: Session, opa: Opa, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """Since the engine ends the run with the refusal."""
    kept: list[tuple[str, int, bool]] = []
    note: Callable[[Decision, Any], None] = lambda decision, _: kept.append(  # noqa: E731
        (decision.origin, decision.resources, bool(decision.blocking))
    )
    monkeypatch.setattr(session_module, "keep", note)
    session.ledger = tmp_path
    judge(session, "a")
    opa.results = [finding("HG-SC-001", blocking=True)]
    judge(session)
    session.finish()
    session.finish()

    assert kept == [(URN, 1, True), ("update of fraud-dev", 2, True)]


@pytest.mark.parametrize(("dry_run", "entries"), [(True, []), (False, ["beginning of an update of fraud-dev"])])
def test_that_an_update_begins_is_recorded_before_anything_is_made(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dry_run: bool, entries: list[str]
) -> None:
    """Once, with the stack's own resource; a preview, which makes nothing, is recorded at its end alone."""
    kept: list[str] = []
    monkeypatch.setattr(session_module, "keep", lambda decision, _: kept.append(decision.origin))
    session.ledger, session.dry_run = tmp_path, dry_run
    session.judge(ROOT, "pulumi:pulumi:Stack", {}, protect=False, parent="")
    session.judge(URN, "kubernetes:core/v1:ConfigMap", {}, protect=False, parent=ROOT)
    session.relate({})

    assert kept == entries


def test_the_rules_are_described_with_their_levels(analyzer: Analyzer) -> None:
    """Severity, page and what to do reach the engine."""
    info = analyzer.GetAnalyzerInfo(None, Context())

    assert (info.name, info.version, info.supportsConfig) == ("headgate", "1.0.0", True)
    said = {
        each.name: (each.enforcementLevel, each.severity, each.url, each.policy_type)
        for each in info.policies
        if each.name in {"HG-SC-001", "HG-SC-002", "HG-SV-001"}
    }
    resource, stack = analyzer_pb2.POLICY_TYPE_RESOURCE, analyzer_pb2.POLICY_TYPE_STACK
    page = "docs/rules/{}.md".format
    deny, warn = analyzer_pb2.MANDATORY, analyzer_pb2.ADVISORY

    assert said == {
        "HG-SC-001": (deny, analyzer_pb2.POLICY_SEVERITY_CRITICAL, page("HG-SC-001"), resource),
        "HG-SC-002": (warn, analyzer_pb2.POLICY_SEVERITY_HIGH, page("HG-SC-002"), resource),
        "HG-SV-001": (deny, analyzer_pb2.POLICY_SEVERITY_MEDIUM, page("HG-SV-001"), stack),
    }


def test_a_violation_is_mandatory_where_it_blocks_and_advice_where_it_warns(analyzer: Analyzer, opa: Opa) -> None:
    """With what to write, and the page."""
    opa.results = [finding("HG-SC-001", blocking=True), finding("HG-SC-002", blocking=False)]
    properties = struct_pb2.Struct()
    properties.update({"spec": {"replicas": 2}})
    answer = analyzer.Analyze(
        analyzer_pb2.AnalyzeRequest(urn=URN, type="kubernetes:core/v1:Pod", properties=properties), Context()
    )

    assert [(each.policyName, each.enforcementLevel, each.urn) for each in answer.diagnostics] == [
        ("HG-SC-001", analyzer_pb2.MANDATORY, URN),
        ("HG-SC-002", analyzer_pb2.ADVISORY, URN),
    ]
    assert answer.diagnostics[0].message == (
        "wrong\n  property: spec\n  write:    b\n  rule:     docs/rules/HG-SC-001.md"
    )


def test_the_stack_and_the_phase_are_the_engines(analyzer: Analyzer, session: Session) -> None:
    """From ConfigureStack."""
    analyzer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="fraud-prod", dry_run=True), Context())

    assert (session.stack, session.dry_run, session.environment) == ("fraud-prod", True, "prod")


@pytest.mark.parametrize(
    "config",
    [
        {"HG-SC-001": analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.ADVISORY)},
        {"HG-SC-001": analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.DISABLED)},
        {
            "HG-SC-001": analyzer_pb2.PolicyConfig(
                enforcementLevel=analyzer_pb2.MANDATORY,
                properties=struct_pb2.Struct(fields={"allow": struct_pb2.Value(string_value="*")}),
            )
        },
    ],
)
def test_the_protocol_refuses_weaker_configuration(analyzer: Analyzer, config: dict[str, Any]) -> None:
    """An error ends the update."""
    with pytest.raises(AbortedError, match="FAILED_PRECONDITION: headgate: the policy configuration for HG-SC-001"):
        analyzer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config), Context())


def test_a_gate_that_could_not_start_refuses_every_question() -> None:
    """With the cause, where a person sees it."""

    def begin() -> Session:
        raise HeadgateError("opa is not built yet", fix="headgate toolchain build opa")

    analyzer = Analyzer(begin, "1.0.0")
    questions: list[Callable[[], Any]] = [
        lambda: analyzer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(), Context()),
        lambda: analyzer.GetAnalyzerInfo(None, Context()),
        lambda: analyzer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(), Context()),
        lambda: analyzer.Analyze(analyzer_pb2.AnalyzeRequest(urn=URN), Context()),
        lambda: analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), Context()),
    ]
    for question in questions:
        with pytest.raises(AbortedError, match="headgate toolchain build opa"):
            question()


def test_an_opa_that_fails_half_way_ends_the_update(analyzer: Analyzer, opa: Opa) -> None:
    """What can't be judged is refused."""
    opa.results = [{"nonsense": True}]

    with pytest.raises(AbortedError, match="could not be evaluated"):
        analyzer.Analyze(analyzer_pb2.AnalyzeRequest(urn=URN, type="kubernetes:core/v1:Pod"), Context())


@pytest.mark.parametrize(("dry_run", "known"), [(True, None), (False, {"plan": "x"})])
def test_what_is_approved_is_asked_at_the_stacks_own_resource_of_an_update(
    opa: Opa, dry_run: bool, known: dict[str, str] | None
) -> None:
    """A preview has nothing approved yet, and no other resource asks: a receipt is looked at once."""
    session = Session(BUNDLE, opa.ask, stack="fraud-dev", dry_run=dry_run, approval=lambda: {"plan": "x"})
    for token in ("pulumi:pulumi:Stack", "kubernetes:core/v1:Pod"):
        session.judge(f"urn:pulumi:fraud-dev::headgate::{token}::x", token, {}, protect=False, parent="")

    assert [run.get("approval") for run in opa.runs] == [known, None]


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_update_ends_where_nobody_else_would_read_of_it(opa: Opa, *, dry_run: bool) -> None:
    """At the stack's own resource, before anything is made; a preview makes nothing."""
    told: list[str] = []
    session = Session(BUNDLE, opa.ask, stack="fraud-prod", dry_run=dry_run, insist=told.append)
    for token in ("pulumi:pulumi:Stack", "kubernetes:core/v1:Pod"):
        session.judge(f"urn:pulumi:fraud-prod::headgate::{token}::x", token, {}, protect=False, parent="")

    assert told == ([] if dry_run else ["prod"])
