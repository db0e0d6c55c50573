"""The admission gate's OPA over a signed bundle of a real registry: ready once it is verified, closed until then."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulling_gate import Gate, start_gate

from components.kubernetes import admission_config
from headgate.model import Registry
from headgate.model.descriptor import Reference
from headgate.policy import archive, remote
from headgate.policy.bundle import Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "fraud"}}
REVIEW = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "name": "a",
        "namespace": "fraud",
        "operation": "CREATE",
        "object": {**POD, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
        "oldObject": None,
    },
}


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Path], Gate]]:
    """Start a production cluster's gate over a reference and a public key."""
    gates: list[Gate] = []

    def started(reference: str, key: Path) -> Gate:
        parts = [admission_config.signed_rules(reference, key.read_text())]
        gates.append(start_gate(tmp_path_factory.mktemp("gate"), BUNDLE.admission_local("prod"), "prod", parts))
        return gates[-1]

    yield started
    for gate in gates:
        gate.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the key of a sandbox: private and public."""
    return ensure_rules_key(StateDir(tmp_path_factory.mktemp("state")))


@pytest.fixture
def reference(registry: Registry, keys: tuple[Path, Path]) -> Reference:
    """Return the rules of the checkout, signed and pushed."""
    return remote.push(registry, archive.sign(archive.build(BUNDLE), keys[0]))


def test_a_gate_decides_by_the_signed_rules_and_says_which(
    start: Callable[[str, Path], Gate], reference: Reference, keys: tuple[Path, Path]
) -> None:
    """Denied in the rule's own words; the decision names the rules by the digest that the other gates give."""
    gate = start(str(reference), keys[1])
    gate.wait(gate.ready)

    response = gate.review(REVIEW).json()["response"]
    gate.wait(lambda: "decision_id" in gate.said)

    assert (response["allowed"], "[HG-SC-001]" in response["status"]["message"]) == (False, True)
    assert BUNDLE.digest in gate.said, gate.said


def test_nobody_else_is_answered_and_nobody_may_change_the_rules(
    start: Callable[[str, Path], Gate], reference: Reference, keys: tuple[Path, Path]
) -> None:
    """The signed rules bring the gate's own authorization with them."""
    gate = start(str(reference), keys[1])
    gate.wait(gate.ready)

    assert [
        gate.ask("PUT", "/v1/policies/x", b"package x\n"),
        gate.ask("PUT", "/v1/data/environment", b'"dev"'),
        gate.ask("GET", "/v1/data"),
        gate.ask("POST", "/v1/data/main/decision", b"{}"),
    ] == [401, 401, 401, 401]


@pytest.mark.parametrize("wrong", ["another key", "unsigned", "absent"])
def test_a_gate_without_rules_that_it_believes_is_not_ready_and_lets_nothing_through(
    start: Callable[[str, Path], Gate],
    registry: Registry,
    keys: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    """The API server, closed on failure, denies: no review is allowed before the rules are verified."""
    built = archive.build(BUNDLE)
    other = ensure_rules_key(StateDir(tmp_path / "other"))
    monkeypatch.setattr(archive, "signed_revision", archive.revision)
    content = {"another key": archive.sign(built, other[0]), "unsigned": built, "absent": built}[wrong]
    pushed = remote.push(registry, content, f"policy/{wrong.replace(' ', '-')}")
    named = Reference(pushed.registry, pushed.repository, digest=f"sha256:{'0' * 64}") if wrong == "absent" else pushed

    gate = start(str(named), keys[1])
    gate.wait(lambda: "Bundle load failed" in gate.said and gate.answers())

    answer = gate.review(REVIEW)
    assert (gate.ready(), answer.status, answer.json()["message"]) == (
        False,
        500,
        "authorization policy missing or undefined",
    )


def test_signed_rules_that_are_not_whole_make_a_gate_that_is_never_ready(
    start: Callable[[str, Path], Gate], registry: Registry, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    """The signature says who made them, not that they are whole; which rule is broken is in the pod's log."""
    shutil.copytree(BUNDLE.root, tmp_path / "policies")
    rule = tmp_path / "policies" / "rego" / "rules" / "supply_chain" / "digest" / "digest.rego"
    metadata, package, _ = rule.read_text().partition("package rules.supply_chain.digest\n")
    rule.write_text(metadata + package)
    broken = Bundle.find(tmp_path / "policies")
    pushed = remote.push(registry, archive.sign(archive.build(broken), keys[0]), "policy/broken")

    gate = start(str(pushed), keys[1])
    gate.wait(lambda: "rule HG-SC-002 has no `violation`" in gate.said or gate.ready())

    assert gate.ready() is False
