"""Production is updated only where a ledger that others read has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.audit.lock import LOCK, WriterLock
from headgate.audit.record import COLLECTOR
from headgate.errors import HeadgateError
from headgate.gate.shared import insist
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit
JOB = {"HEADGATE_AUDIT_URL": "https://ledger.example.com/v1/opa", "HEADGATE_AUDIT_TOKEN_FILE": "/run/secrets/token"}
BLOBS = Path("azblob:/hgaudit/ledger")


def refusal(ledger: Path | None, variables: dict[str, str]) -> str:
    """Return what was found wanting of production."""
    with pytest.raises(HeadgateError) as refused:
        insist("prod", ledger, variables)
    return str(refused.value.found)


def held(folder: Path) -> WriterLock:
    """Hold a folder as `headgate audit serve` does."""
    folder.mkdir()
    (folder / COLLECTOR).write_text(json.dumps({"address": "http://127.0.0.1:1", "token_file": "token"}))
    return WriterLock(folder / LOCK)


def test_what_no_other_reads_is_refused(tmp_path: Path) -> None:
    """Each thing that lacks is named at once: the clusters' gates' address, and this gate's ledger."""
    folder = tmp_path / "ledger"
    folder.mkdir()

    assert refusal(None, {}) == (
        "HEADGATE_AUDIT_URL is not set; HEADGATE_AUDIT_TOKEN_FILE is not set; HEADGATE_LEDGER is not set"
    )
    assert refusal(folder, JOB) == f"HEADGATE_LEDGER names {folder}, which no writer holds"
    assert refusal(BLOBS, {**JOB, "HEADGATE_AUDIT_TOKEN_FILE": ""}) == "HEADGATE_AUDIT_TOKEN_FILE is not set"


def test_blobs_and_a_folder_that_a_writer_holds_are_shared(tmp_path: Path) -> None:
    """The writer on the runner's own machine is found through its folder; without it, the folder is one machine's."""
    folder = tmp_path / "ledger"
    writer = held(folder)

    insist("prod", BLOBS, JOB)
    insist("prod", folder, JOB)
    writer.release()
    assert "which no writer holds" in refusal(folder, JOB)


@pytest.mark.parametrize("environment", ["dev", "staging", "sandbox"])
def test_only_production_is_refused(environment: str) -> None:
    """Elsewhere a trial needs no ledger."""
    insist(environment, None, {})


def test_production_in_a_sandbox_is_a_rehearsal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its state is the sandbox's own; another folder of files is no sandbox."""
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path))
    backend = StateDir.from_environment().pulumi_backend

    insist("prod", None, {"PULUMI_BACKEND_URL": f"file://{backend}?metadata=skip"})
    assert "HEADGATE_LEDGER" in refusal(None, {"PULUMI_BACKEND_URL": f"file://{tmp_path}/other"})
