"""Each gate asks which waivers are in force: one that did not would refuse what its neighbour lets through."""

from __future__ import annotations

import datetime
import json
import shutil
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from headgate.audit.note import Signer
from headgate.gate.update import serve
from headgate.policy.bundle import CHECKOUT
from headgate.waiver.document import Waiver
from headgate.waiver.signature import signed
from infra.layers import gate

pytestmark = pytest.mark.unit

TODAY = datetime.datetime.now(datetime.UTC).date()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Lay out the committed rules, an approver, and a waiver that she signed for the update and for admission."""
    amina = Signer.generate("amina.h")
    shutil.copytree(CHECKOUT / "policies", tmp_path / "policies", ignore=shutil.ignore_patterns("samples", "pack"))
    approver = {"name": "amina.h", "key": str(amina.verifier), "roles": ["security"]}
    known = {"approvers": [approver], "waivers": ["security"]}
    (tmp_path / "policies" / "approvers.yaml").write_text(yaml.safe_dump(known))
    fields = {"id": "w-1", "rule": "HG-SC-002", "stack": "fraud-dev", "resource": "score-*", "gates": ["U", "A"]}
    fields |= {"namespace": "team-fraud", "reason": "the vendor's image", "ticket": "FR-12", "requested_by": "omar"}
    days = {"since": TODAY - datetime.timedelta(1), "expires": TODAY + datetime.timedelta(20)}
    one = signed(Waiver.model_validate({**fields, **days}), amina).model_dump(mode="json", exclude_defaults=True)
    (tmp_path / "stacks" / "waivers").mkdir(parents=True)
    (tmp_path / "stacks" / "waivers" / "fraud.yaml").write_text(yaml.safe_dump({"waivers": [one]}))
    return tmp_path


def test_the_update_gate_judges_with_the_waivers_in_force(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are beside the stacks that are updated."""
    monkeypatch.setenv("HEADGATE_POLICIES", str(checkout / "policies"))
    monkeypatch.setattr(serve, "find_stacks", lambda: checkout / "stacks")
    monkeypatch.setattr(serve, "OpaServer", lambda _bundle: nullcontext(SimpleNamespace(ask=None)))

    with ExitStack() as closing:
        session = serve._beginning(closing, serve.no_facts, serve.found_rules)()

    assert [one["id"] for one in session.bundle.waivers] == ["w-1"]


def test_a_clusters_gate_is_given_the_waivers_in_force(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of its environment, with the rules that it loads."""
    given: list[Any] = []
    monkeypatch.delenv(gate.BUNDLES_FILE, raising=False)
    monkeypatch.setattr(gate, "CHECKOUT", checkout)
    monkeypatch.setattr(gate, "platform_image", lambda *_: "image")
    monkeypatch.setattr(
        gate, "catalog", SimpleNamespace(AdmissionGate=lambda _name, args, _options: given.append(args))
    )
    image = SimpleNamespace(image="opa", digest="sha256:0")
    own = SimpleNamespace(opa=image, certificates=image, replicas=3, memory_mib=512, bundle=None)

    for environment in ("dev", "prod"):
        ownership = {"environment": environment}
        settings = SimpleNamespace(stack=SimpleNamespace(platform=SimpleNamespace(gate=own)), ownership=ownership)
        gate.build_gate(settings, "place", None, [])  # type: ignore[arg-type]

    waivers = [json.loads(args["rules"]["data.json"])["waivers"] for args in given]
    assert [[one["id"] for one in each] for each in waivers] == [["w-1"], []]
