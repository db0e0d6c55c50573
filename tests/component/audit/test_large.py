"""A ledger large enough to be verified on every core: the same verdicts, and the same names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headgate.audit import Ledger, verify
from headgate.audit.tiles import bundle_of, entries_of

pytestmark = pytest.mark.component
SIZE = 70_000


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a ledger of more than one level-1 tile, with a payload in its middle."""
    root = tmp_path_factory.mktemp("large") / "l"
    document = {"kind": "plan", "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "s", "data": "y" * 40_000}
    with Ledger(root) as ledger:
        ledger.append([b"%d" % number for number in range(40_000)])
        ledger.append_documents([document])
        ledger.publish()
        ledger.append([b"%d" % number for number in range(40_001, SIZE)])
    return root


def test_a_large_ledger_verifies(original: Path) -> None:
    """Every entry, payload and checkpoint, with progress to the end."""
    seen: list[int] = []
    report = verify(original, progress=seen.append)

    assert (report.findings, report.size, report.payloads, report.checkpoints) == ([], SIZE, 1, 3)
    assert seen == [*range(256, SIZE, 256), SIZE]


@pytest.mark.parametrize("number", [0, 51_234, 65_535])
def test_one_changed_entry_of_many_is_named(original: Path, tmp_path: Path, number: int) -> None:
    """The first, one in the middle, the last of a level-1 tile: that entry and nothing else."""
    root = tmp_path / "l"
    shutil.copytree(original, root)
    path = root / f"tile/entries/{number // 256:03}"
    entries = entries_of(path.read_bytes())
    entries[number % 256] += b"!"
    path.chmod(0o600)
    path.write_bytes(bundle_of(entries))

    assert [(one.where, one.entry) for one in verify(root).findings] == [(f"tile/entries/{number // 256:03}", number)]


def test_a_changed_tile_above_is_named(original: Path, tmp_path: Path) -> None:
    """A hash of level 1: the tile, and the first entry that it concerns."""
    root = tmp_path / "l"
    shutil.copytree(original, root)
    path = root / "tile/1/000"
    content = bytearray(path.read_bytes())
    content[100 * 32] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)

    assert [(one.where, one.entry) for one in verify(root).findings] == [("tile/1/000", 100 * 256)]
