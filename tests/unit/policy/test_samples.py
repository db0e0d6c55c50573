"""The samples of the rules: what each says of the gates that its rule claims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import GATES
from headgate.policy.samples import Sample, of

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
OBJECT, RELATION = (next(rule for rule in BUNDLE.rules if rule.scope == scope) for scope in ("object", "relation"))


def test_every_rule_is_tried_in_both_ways_at_every_gate_that_it_claims() -> None:
    """A gate that a rule claims without a sample there would be proven by nothing."""
    tried = {
        (rule.id, gate, sample.allowed)
        for rule in BUNDLE.rules
        for sample in of(BUNDLE, rule)
        for gate in GATES
        if sample.is_tried_at(gate)
    }

    assert tried == {
        (rule.id, gate, verdict) for rule in BUNDLE.rules for gate in rule.gates for verdict in (True, False)
    }


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        (POD, "PUA"),
        (f"facts: {{models: {{}}}}\nobject: {{{POD.strip().replace(chr(10), ', ')}}}\n", "PUA"),
        (f"{POD}operation: delete\n", "PA"),
        (f"{POD}operation: replace\n", "P"),
        ("type: azure-native:keyvault:Vault\nname: a\nproperties: {}\n", "PU"),
    ],
    ids=["an object", "with facts", "that is deleted", "that is replaced", "of no cluster"],
)
def test_a_sample_is_tried_where_the_gate_could_be_asked_about_it(tmp_path: Path, text: str, tried: str) -> None:
    """A cluster is asked about its objects as they are written or deleted, an update about all that is not deleted."""
    file = tmp_path / "sample.yaml"
    file.write_text(text)
    sample = Sample(replace(OBJECT, gates=GATES), True, file)

    assert "".join(gate for gate in GATES if sample.is_tried_at(gate)) == tried


def test_a_gate_that_a_rule_does_not_claim_tries_nothing(tmp_path: Path) -> None:
    """And a cluster is never asked about what takes several resources."""
    file = tmp_path / "sample.yaml"
    file.write_text(POD)
    narrow, related = (
        Sample(replace(OBJECT, gates=("P",)), True, file),
        Sample(replace(RELATION, gates=GATES), True, file),
    )

    assert ([narrow.is_tried_at(gate) for gate in GATES], related.is_tried_at("A")) == ([True, False, False], False)
