"""The examples that the sandbox serves are proven as anybody's model is, by the sandbox's own keys."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from headgate.audit import LedgerReader
from headgate.audit.canonical import parse
from headgate.cli.model_examples import prove_team_models
from headgate.cli.platform_images import push_team_images
from headgate.cli.sandbox_signers import ensure_signers
from headgate.engine.environment import _models
from headgate.model import ModelRegistry, Registry
from headgate.model.proofs.standing import read
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.stack.document import read_document

pytestmark = pytest.mark.component

EXAMPLES = CHECKOUT / "examples" / "models"
STACK, NAME = "fraud-sandbox", "fraud/fraud-score"


def test_the_sandbox_proves_what_it_serves_once(registry: Registry, tmp_path: Path) -> None:
    """Signed, attested, evaluated, approved by two, promoted by somebody else, recorded; a second run does nothing."""
    state = StateDir(tmp_path)
    state.ensure()
    said: list[str] = []
    push_team_images(registry, STACK)
    for _ in range(2):
        prove_team_models(registry, STACK, state, said.append)

    models = ModelRegistry(registry)
    standing = read(models, NAME, "1.0.0", ensure_signers(state).trust(registry.login_server))

    assert (str(standing.stage), standing.problems) == ("production", ())
    assert {each.by for each in standing.signatures} == {"sandbox-trainer"}
    assert {each.by for each in standing.history} == {"sandbox-releaser"}
    assert len(said) == 1
    assert said[0].endswith("promoted to staging, promoted to production")
    events = [parse(entry)["data"]["action"] for _, entry in LedgerReader(state.ledger).entries()]
    assert events == ["sign", *["attest"] * 4, "promote", "approve", "approve", "promote"]
    assert standing.approved_by == ("sandbox-platform", "sandbox-security")
    assert _models(state) == {
        "HEADGATE_REGISTRY": registry.login_server,
        "HEADGATE_SIGNERS": str(state.model_signers),
        "HEADGATE_MODEL_APPROVERS": str(state.model_approvers),
    }
    assert all(oct(file.stat().st_mode)[-3:] == "600" for file in state.model_keys.iterdir())


@pytest.mark.parametrize("name", ["fraud-score", "simulated-assistant"])
def test_the_results_of_an_example_are_those_of_its_evaluation(name: str) -> None:
    """Nobody wrote the numbers by hand."""
    example = EXAMPLES / name
    sys.path.insert(0, str(example))
    try:
        import evaluate

        found = evaluate.results(example / "model.onnx")
    finally:
        # The module puts its own folder first as well, for those who run it by hand.
        sys.path[:] = [path for path in sys.path if path != str(example)]
        for module in ("evaluate", "train"):
            sys.modules.pop(module, None)

    assert json.loads(json.dumps(found)) == read_document(example / "proofs" / "evaluation.yaml").value
