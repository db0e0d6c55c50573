"""The ledger layer: each cluster's writer of the primary region's ledger, where the platform asks for one."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from headgate.errors import HeadgateError
from headgate.stack.audit import LedgerWriter
from headgate.stack.monitoring import InCluster
from headgate.stack.secret import Secret
from infra.layers.unknown import secret_of

pytestmark = pytest.mark.unit

WRITER = LedgerWriter.model_validate(
    {"image": "runtimes/ledger", "digest": "sha256:" + "0" * 64, "callers": ["team-vision"], "replicas": 3}
)


@pytest.fixture
def writing(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the platform ask for a writer, in a stack that has its secrets."""
    asking(lambda platform: platform.model_copy(update={"audit": platform.audit.model_copy(update={"ledger": WRITER})}))
    monkeypatch.setattr("pulumi.Config.get_secret", lambda _self, name: pulumi.Output.secret(f"secret {name}"))


def test_each_cluster_has_a_writer_of_one_ledger(writing: None, run: Any) -> None:
    """As one identity, which may write the primary region's container and is each cluster's; its secrets stay some."""
    program = run("platform-dev")
    made = {name: inputs for name, (kind, inputs) in program.resources.items() if kind.endswith(":LedgerService")}
    federations = [name for name in program.resources if name.endswith("-ledger-federation")]

    assert sorted(name.rpartition("::")[2] for name in made) == ["ledger-uaecentral", "ledger-uaenorth"]
    assert {each["ledger"] for each in made.values()} == {"azblob://hgauditdevuaenorth/ledger"}
    assert {each["client_id"] for each in made.values()} == {"client of audit-ledger-identity"}
    assert {tuple(each["callers"]) for each in made.values()} == {("headgate-gate", "team-vision")}
    for each in made.values():
        assert "secret ledgerSigningKey" in json.dumps(each["signing_key"])
        assert "secret ledgerToken" in json.dumps(each["token"])
    assert len(federations) == 2
    assert program.exports["ledger_writers"].keys() == {"uaenorth", "uaecentral"}


def test_an_alertmanager_of_the_cluster_may_call_from_wherever_it_runs(writing: None, run: Any, asking: Any) -> None:
    """Its namespace is the stack's to name."""
    mail = {"server": "smtp.example.com:587", "sender": "alerts@example.com"}
    own = InCluster.model_validate({"namespace": "observed", "dead_man": "https://beat.example.com/", "mail": mail})
    asking(
        lambda platform: platform.model_copy(
            update={
                "audit": platform.audit.model_copy(update={"ledger": WRITER}),
                "monitoring": platform.monitoring.model_copy(update={"in_cluster": own}),
            }
        )
    )

    program = run("platform-dev")

    policies = [inputs for name, (_, inputs) in program.resources.items() if name.endswith("ledger-uaenorth-traffic")]
    assert [
        each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for each in policies[0]["spec"]["ingress"][0]["from"]
    ] == ["headgate-gate", "observed", "team-vision"]


def test_without_one_there_is_neither_writer_nor_identity(run: Any) -> None:
    """It runs elsewhere, as before."""
    program = run("platform-dev")

    assert [name for name in program.resources if "ledger-identity" in name or "LedgerService" in name] == []
    assert program.exports["ledger_writers"] == {}


def test_a_secret_that_is_missing_ends_an_update_and_no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the command that sets it."""
    monkeypatch.setattr("pulumi.Config.get_secret", lambda _self, _name: None)
    monkeypatch.setattr("pulumi.runtime.is_dry_run", lambda: False)

    with pytest.raises(HeadgateError) as caught:
        secret_of("platform-dev", Secret.LEDGER_TOKEN, "nobody could call", "what gates show")

    assert caught.value.fix == "pulumi config set --secret headgate:ledgerToken … -s platform-dev"
