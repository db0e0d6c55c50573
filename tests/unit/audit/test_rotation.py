"""Key rotation: either key leads to the other, and neither signs outside its time."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest
from crash_points import Crash, crash_after

from headgate.audit import Entry, Ledger, LedgerReader, verify
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.folder import Folder
from headgate.audit.note import Signer, Verifier, signature_lines
from headgate.audit.rotation import Rotation, chain_of
from headgate.cli.main import main
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
ORIGIN = "example.com/ledger"


def grow(root: Path, size: int) -> Verifier:
    """Append until there are so many entries; return the key in force."""
    with Ledger(root, origin=ORIGIN) as ledger:
        ledger.append([b'{"n":%d}' % number for number in range(ledger.size, size)])
    return Folder(root).verifier()


def rotate(root: Path) -> Rotation:
    """Replace the key."""
    with Ledger(root) as ledger:
        return ledger.rotate()


def known(tmp_path: Path, key: Verifier) -> Path:
    """Write a key that somebody knows."""
    path = tmp_path / f"{key.key_id.hex()}.pub"
    path.write_text(f"{key}\n")
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Begin a ledger, and keep its key and its signing key elsewhere."""
    root = tmp_path / "l"
    known(tmp_path, grow(root, 3))
    shutil.copy(root / "key", tmp_path / "old-key")
    return root


def old_signer(tmp_path: Path) -> Signer:
    """Return the key that was replaced."""
    return Signer.parse((tmp_path / "old-key").read_text(), "old-key")


def test_either_key_leads_to_the_other(ledger: Path, tmp_path: Path) -> None:
    """Twice replaced: who knows any of the three verifies all of it, and reads it."""
    shutil.copy(ledger / "checkpoint", tmp_path / "earlier")
    first = rotate(ledger)
    grow(ledger, 300)
    second = rotate(ledger)
    grow(ledger, 305)

    assert (first.index, second.index, first.new) == (3, 300, second.old)
    for key in (first.old, first.new, second.new):
        path = known(tmp_path, key)
        report = verify(ledger, key=path, since=tmp_path / "earlier")
        reader = LedgerReader(ledger, path)

        assert (report.findings, report.size) == ([], 305)
        assert [note for note in report.notes if "took over" in note] == [
            f"key {first.new.key_id.hex()} took over in entry 3",
            f"key {second.new.key_id.hex()} took over in entry 300",
        ]
        assert (reader.checkpoint.size, reader.verifier) == (305, second.new)
    assert verify(ledger).is_well


def test_the_checkpoint_over_a_rotation_is_signed_by_both_keys(ledger: Path) -> None:
    """As any verifier of signed notes reads it; the one before by the old, the one behind by the new alone."""
    before = (ledger / "checkpoint").read_text()
    rotation = rotate(ledger)
    over = (ledger / "checkpoint").read_text()
    grow(ledger, 5)
    notes = [before, over, (ledger / "checkpoint").read_text()]
    signers = [[raw[:4] for _, raw in signature_lines(note)[1]] for note in notes]
    old, new = rotation.old.key_id, rotation.new.key_id

    assert signers == [[old], [old, new], [new]]
    assert Checkpoint.open(over, rotation.old) == Checkpoint.open(over, rotation.new)
    assert Rotation.of_entry(LedgerReader(ledger).entry(3), 3) == rotation


def test_the_old_key_is_gone_and_the_new_one_is_its_owners(ledger: Path) -> None:
    """One signing key, mode 0600, whose public half is in key.pub."""
    rotation = rotate(ledger)

    assert Signer.parse((ledger / "key").read_text(), "key").verifier == rotation.new == Folder(ledger).verifier()
    assert stat.S_IMODE((ledger / "key").stat().st_mode) == 0o600
    assert sorted(path.name for path in ledger.glob("key*")) == ["key", "key.pub"]


def test_a_key_that_lives_elsewhere_is_replaced_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HEADGATE_LEDGER_KEY names it; nothing of it enters the folder."""
    monkeypatch.setenv("HEADGATE_LEDGER_KEY", str(tmp_path / "vault" / "signing"))
    grow(tmp_path / "l", 1)
    rotation = rotate(tmp_path / "l")
    grow(tmp_path / "l", 4)

    assert [path.name for path in (tmp_path / "vault").iterdir()] == ["signing"]
    assert not list((tmp_path / "l").glob("key*[!b]"))
    assert verify(tmp_path / "l", key=known(tmp_path, rotation.old)).is_well


def resign(root: Path, signer: Signer) -> None:
    """Sign the current checkpoint with another key, where it is and where it is kept."""
    path, (kept,) = root / "checkpoint", Folder(root).kept_files()
    note = path.read_text()
    changed = Checkpoint.parse(signature_lines(note)[0]).sign(signer)
    path.write_text(changed)
    kept.write_text(kept.read_text().replace(note, changed))


def test_what_the_old_key_signs_after_the_rotation_is_refused(ledger: Path, tmp_path: Path) -> None:
    """By who knows the old key, and by who knows the new one; the entry that replaced it is named."""
    rotation = rotate(ledger)
    grow(ledger, 6)
    resign(ledger, old_signer(tmp_path))
    what = f"signed by key {rotation.old.key_id.hex()}, which another one replaced in entry 3"

    for key in (rotation.old, rotation.new):
        report = verify(ledger, key=known(tmp_path, key))
        assert [one.what for one in report.findings if one.where == "checkpoint"] == [what]
        with pytest.raises(HeadgateError, match="can't be trusted"):
            LedgerReader(ledger, known(tmp_path, key))
    with pytest.raises(HeadgateError, match="damaged"):
        Ledger(ledger)


def test_a_rotation_that_only_one_key_signed_over_the_tree_is_none(ledger: Path, tmp_path: Path) -> None:
    """The checkpoint over it needs both: with one signature missing, nothing behind it is believed by the other key."""
    rotation = rotate(ledger)
    resign(ledger, Signer.parse((ledger / "key").read_text(), "key"))

    assert chain_of(Folder(ledger), rotation.old).keys == ((0, rotation.old),)
    assert not verify(ledger, key=known(tmp_path, rotation.old)).is_well


def forge(root: Path, entry: Entry, signers: list[Signer]) -> None:
    """Append an entry, and have the checkpoint over it signed by whom one likes."""
    with Ledger(root) as ledger:
        ledger.append_documents([entry.as_json()])
    note, (kept,) = (root / "checkpoint").read_text(), Folder(root).kept_files()
    text = signature_lines(note)[0]
    changed = signers[0].sign(text) + "".join(one.line(text) for one in signers[1:])
    (root / "checkpoint").write_text(changed)
    kept.write_text(kept.read_text().replace(note, changed))


@pytest.mark.parametrize("case", ["signed by a stranger", "another place", "two strangers", "no note"])
def test_a_rotation_by_another_key_is_refused_and_named(case: str, ledger: Path, tmp_path: Path) -> None:
    """Not signed by the key in force, made for another place, among strangers, or nothing at all."""
    old, stranger, thief = old_signer(tmp_path), Signer.generate(ORIGIN), Signer.generate(ORIGIN)
    text = Rotation(3, old.verifier, thief.verifier).text
    note, what = {
        "signed by a stranger": (
            stranger.sign(text) + thief.line(text),
            f"not signed by {ORIGIN} (key {old.verifier.key_id.hex()})",
        ),
        "another place": (
            Rotation(7, old.verifier, thief.verifier).sign(old, thief),
            "the rotation is not that of entry 3",
        ),
        "two strangers": (
            Rotation(3, stranger.verifier, thief.verifier).sign(stranger, thief),
            f"a rotation by key {stranger.verifier.key_id.hex()}, which was not in force",
        ),
        "no note": ("nonsense", "the rotation's note is not of type headgate.dev/key-rotation@v1"),
    }[case]
    forge(ledger, Entry("key-rotation", ORIGIN, {"note": note}), [old, thief])
    report = verify(ledger, key=known(tmp_path, old.verifier))

    assert [(one.entry, one.where, one.what) for one in report.findings] == [(3, "tile/entries", what)]
    assert LedgerReader(ledger, known(tmp_path, old.verifier)).verifier == old.verifier


OPERATIONS = ("open", "fsync", "fdatasync", "fchmod", "ftruncate", "lseek", "write", "replace", "rename")


def crash_in_rotation(root: Path, survived: int) -> bool:
    """Rotate, and stop after some file operations; say whether there were more."""
    ledger = Ledger(root)
    try:
        with crash_after(survived, *OPERATIONS):
            ledger.rotate()
    except Crash:
        return True
    finally:
        ledger._pending.close()
        ledger._lock.release()
    return False


def test_a_crash_between_any_two_writes_of_a_rotation_leaves_one_key_in_force(ledger: Path, tmp_path: Path) -> None:
    """Before every single file operation: the old key verifies it at once, and reopening finishes or forgets it."""
    path = known(tmp_path, old_signer(tmp_path).verifier)
    survived, rotated = 0, []
    while True:
        root = tmp_path / str(survived)
        shutil.copytree(ledger, root)
        if not crash_in_rotation(root, survived):
            break
        before = [verify(root).findings, verify(root, key=path).findings]
        with Ledger(root) as again:
            again.append([b"{}"])
        claimed = Folder(root).verifier()
        after = [verify(root).findings, verify(root, key=path).findings]

        assert (survived, before) == (survived, [[], []])
        assert (survived, after) == (survived, [[], []])
        assert sorted(one.name for one in root.glob("key*")) == ["key", "key.pub"]
        assert LedgerReader(root, path).verifier == claimed
        rotated.append(claimed != old_signer(tmp_path).verifier)
        shutil.rmtree(root)
        survived += 1
    assert rotated == sorted(rotated)
    assert (rotated[0], rotated[-1]) == (False, True)
    assert survived > 30


def test_the_command_says_what_took_over(ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the new public key, to be given to those who verify; a writer at work is not disturbed."""
    with Ledger(ledger), pytest.raises(SystemExit) as ended:
        main(["audit", "rotate-key", "--ledger", str(ledger), "--wait", "0"])
    assert ended.value.code == 2
    assert "another process is writing" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["audit", "rotate-key", "--ledger", str(ledger), "--json"])
    found = json.loads(capsys.readouterr().out)

    assert ended.value.code == 0
    assert found == {"entry": 3, "old": str(old_signer(tmp_path).verifier), "new": str(Folder(ledger).verifier())}
