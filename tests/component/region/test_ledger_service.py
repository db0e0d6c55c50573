"""The ledger's writer in a cluster, as LedgerService deploys it: it writes blobs, is killed, is known anew."""

from __future__ import annotations

import copy
import os
import signal
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azurite
import pytest
from component_cases import written

from components import names
from headgate.audit import Entry, verify
from headgate.audit.blob_ledger import open_ledger, verify_blobs
from headgate.audit.blobs import CONNECTION
from headgate.audit.client import append
from headgate.audit.folder import KEY_VARIABLE
from headgate.errors import HeadgateError
from headgate.sandbox.control import Control
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority, Certificate
from tests.component.audit.test_collector import TOKEN
from tests.component.region.steps import apply, exists, process, until

pytestmark = [pytest.mark.component, pytest.mark.stress]

NAMESPACE, NAME = names.LEDGER_NAMESPACE, names.LEDGER_ACCOUNT
# Each before what needs it.
ORDER = ("Namespace", "ServiceAccount", "NetworkPolicy", "Secret", "Service", "PodDisruptionBudget", "Deployment")


@dataclass(frozen=True)
class Given:
    """What stands for a stack's secrets."""

    place: str
    connection: str
    key: str
    pair: Certificate


def objects(given: Given) -> list[dict[str, Any]]:
    """Return what LedgerService makes, with secrets that are real and Azurite's way in."""
    made = [copy.deepcopy(each["inputs"]) for name, each in written("LedgerService", "defaults").items() if name != "c"]
    for each in made:
        if each["metadata"]["name"] == "ledger-access":
            each["stringData"] = {"signing.key": given.key, "token": TOKEN}
        if each["metadata"]["name"] == "ledger-tls":
            each["stringData"] = {"tls.crt": given.pair.cert.read_text(), "tls.key": given.pair.key.read_text()}
        if each["kind"] == "Deployment":
            (container,) = each["spec"]["template"]["spec"]["containers"]
            container["image"] = f"hg.azurecr.io/runtimes/ledger@sha256:{'0' * 64}"
            container["args"][0] = f"--ledger={given.place}"
            # In place of the identity that Azure's webhook gives a pod.
            container["env"].append({"name": CONNECTION, "value": given.connection})
    return sorted(made, key=lambda each: ORDER.index(each["kind"]))


@pytest.fixture
def given(
    tmp_path: Path, sandbox: StateDir, node: str, kube: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Given]:
    """Begin a ledger in Azurite, and have its writer run in the region."""
    key = tmp_path / "ledger.key"
    monkeypatch.setenv(KEY_VARIABLE, str(key))
    (tmp_path / "azurite").mkdir()
    with azurite.running(tmp_path / "azurite") as connection:
        monkeypatch.setenv(CONNECTION, connection)
        place = azurite.new_place(connection)
        with open_ledger(place, "example.com/service") as ledger:
            ledger.append_documents([Entry("test", "began", 1).as_json()])
        pair = Authority(sandbox).server("ledger-service", ["127.0.0.1"])
        yield Given(place, connection, key.read_text(), pair)
        kube.delete("v1", "Namespace", NAMESPACE)
        until(lambda: not exists(kube, "v1", "Namespace", NAMESPACE, ""))


def served(control: Control) -> tuple[str, int]:
    """Return where it listens, which here is loopback."""
    return "127.0.0.1", process(control, f".{NAME}.{NAME}").ports["p8443"]


def runs(kube: KubeClient) -> bool:
    """Say whether both of its pods are ready."""
    found = kube.get("apps/v1", "Deployment", NAME, NAMESPACE)
    return bool(found.get("status", {}).get("availableReplicas", 0) == found["spec"]["replicas"])


def test_it_writes_is_killed_and_is_known_by_a_renewed_name(
    given: Given, sandbox: StateDir, kube: KubeClient, control: Control, tmp_path: Path
) -> None:
    """Nobody without the token writes; nothing that was answered is lost; a new certificate needs no new pod."""
    apply(kube, *objects(given))
    until(lambda: runs(kube))
    trusted = str(Authority(sandbox).ca_cert)

    def tell(subject: str, token: str = TOKEN, ca: str = trusted) -> range:
        host, port = served(control)
        return append([Entry("test", subject, 1)], f"https://{host}:{port}", token, ca=ca)

    assert tell("first") == range(1, 2)
    with pytest.raises(HeadgateError, match="401"):
        tell("by nobody", token="0" * 32)

    before = process(control, f".{NAME}.{NAME}")
    assert before.pid
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: process(control, f".{NAME}.{NAME}").pid not in (None, before.pid) and runs(kube))
    assert tell("second") == range(2, 3)

    other = Authority.at(tmp_path / "other", "another CA")
    pair = other.server("renewed", ["127.0.0.1"])
    anew = objects(Given(given.place, "", "", pair))
    renewed = next(each for each in anew if each["metadata"]["name"] == "ledger-tls")
    apply(kube, renewed)
    until(lambda: ssl.get_server_certificate(served(control)) == pair.cert.read_text())
    assert tell("third", ca=str(other.ca_cert)) == range(3, 4)

    # What was answered is durable; a checkpoint covers it within a second.
    until(lambda: verify_blobs(given.place, verify).size == 4)
    assert verify_blobs(given.place, verify).is_well
