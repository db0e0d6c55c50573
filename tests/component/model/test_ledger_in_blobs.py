"""A version's life recorded in Blob Storage, on Azurite, by the same commands: what follows from it, follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azurite as azurite_program
import pytest
from model_commands import Desk, signing, staffed
from model_shelf import CARD, EVALUATION, LINEAGE

from headgate.audit import verify
from headgate.audit.blob_ledger import verify_blobs
from headgate.audit.blobs import CONNECTION
from headgate.audit.folder import KEY_VARIABLE
from headgate.audit.place import read
from headgate.errors import Exit

# Azurite is a package of npm, which a machine without it would have to fetch.
pytestmark = [pytest.mark.component, pytest.mark.stress]
NAME = "life/blobs"
VERSION = f"{NAME}@1.0.0"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, running: Any) -> Iterator[Desk]:
    """Have everybody work with a ledger at an address."""
    folder = tmp_path_factory.mktemp("desk")
    storage = tmp_path_factory.mktemp("azurite")
    with azurite_program.running(storage) as connection, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("work"))
        for name, value in {
            CONNECTION: connection,
            KEY_VARIABLE: str(folder / "ledger.key"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }.items():
            patch.setenv(name, value)
        yield staffed(folder, running.login_server, azurite_program.new_place(connection))


def test_a_version_goes_to_production_and_back_and_the_blobs_say_so(desk: Desk) -> None:
    """Who pushed it may not approve it, which only the ledger knows; the approved step is dated by the ledger."""
    source = str(desk.folder / "model")
    desk.run("push", source, "--name", NAME, "--version", "1.0.0")
    desk.run("sign", VERSION, "--from", source, who="trainer")
    files = ("--card", desk.write("card.yaml", CARD), "--lineage", desk.write("lineage.yaml", LINEAGE), "--bom")
    desk.run("attest", VERSION, *files, who="trainer")
    desk.run("evaluate", VERSION, "--file", desk.write("good.yaml", EVALUATION), who="trainer")
    desk.run("promote", VERSION, "--reason", "it passed", who="manager")
    own = desk.refused("approve", VERSION, "--stage", "production", *signing(desk, "omar"))
    assert "omar made the version" in str(own.found)
    desk.run("approve", VERSION, "--stage", "production", *signing(desk, "badr"), code=3, json_out=False)
    desk.run("approve", VERSION, "--stage", "production", *signing(desk, "amina"), json_out=False)
    desk.run("promote", VERSION, "--reason", "it held", who="manager")
    verified = desk.run("verify", VERSION, "--ledger", desk.address)
    desk.run("demote", VERSION, "--to", "restricted", "--reason", "a leak", who="manager")
    reader = read(desk.ledger)
    events = [reader.document(entry)["data"] for _, entry in reader.entries()]
    report = verify_blobs(desk.address, verify)

    assert verified["proofs"]["stage"] == "production"
    actions = ["push", "sign", *["attest"] * 4, "promote", "approve", "approve", "promote", "demote"]
    assert [each["action"] for each in events] == actions
    assert (report.is_well, report.size, list(Path.cwd().iterdir())) == (True, len(actions), [])


def test_what_cannot_be_recorded_does_not_happen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the ledger's key the version stays where it is."""
    desk.run("push", str(desk.folder / "model"), "--name", NAME, "--version", "2.0.0")
    monkeypatch.delenv(KEY_VARIABLE)
    refused = desk.refused("demote", f"{NAME}@2.0.0", "--to", "archived", "--reason", "x", who="manager")

    assert "has its signing key elsewhere" in refused.what
    assert refused.exit_code == Exit.NOT_EVALUATED
    assert desk.run("list", "--name", NAME, "--stages")[-1]["stage"] == "candidate"
