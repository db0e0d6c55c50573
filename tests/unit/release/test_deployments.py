"""Where digests were deployed, read from a ledger while it grows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from headgate.audit import Entry, Ledger
from headgate.audit.reader import LedgerReader
from headgate.release.proof import Deployments

ONE, TWO = (f"sha256:{letter * 64}" for letter in "ab")


def deploy(ledger: Path, stack: str, *digests: str) -> None:
    """Record a deployment, beside something else."""
    with Ledger(ledger) as opened:
        opened.append_documents([Entry("decision", stack, {"text": "deployment"}).as_json()])
        opened.append_documents([Entry("deployment", stack, {"digests": list(digests)}).as_json()])


def test_what_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of a million entries is asked whenever a model is promoted."""
    starts: list[int] = []
    marked = LedgerReader.marked

    def counted(reader: LedgerReader, marks: Sequence[bytes], start: int = 0) -> object:
        starts.append(start)
        return marked(reader, marks, start)

    monkeypatch.setattr(LedgerReader, "marked", counted)
    known = Deployments(tmp_path)
    found = [dict(known.stacks())]
    deploy(tmp_path, "fraud-dev", ONE)
    found.append({name: set(each) for name, each in known.stacks().items()})
    deploy(tmp_path, "fraud-prod", ONE, TWO)
    found.append({name: set(each) for name, each in known.stacks().items()})

    assert found == [{}, {ONE: {"fraud-dev"}}, {ONE: {"fraud-dev", "fraud-prod"}, TWO: {"fraud-prod"}}]
    assert starts == [0, 2]


@pytest.mark.parametrize("more", [0, 2], ids=["shorter", "longer"])
def test_another_ledger_in_its_place_is_read_from_its_beginning(tmp_path: Path, more: int) -> None:
    """What the first one said counts no more."""
    place = tmp_path / "ledger"
    deploy(place, "fraud-dev", ONE)
    deploy(place, "fraud-dev", TWO)
    known = Deployments(place)
    known.stacks()
    shutil.rmtree(place)
    for number in range(1 + more):
        deploy(place, f"vision-{number}", TWO)

    assert set(known.stacks()) == {TWO}
