"""Witnesses: what they sign, what they refuse, and what their signatures show of a ledger that was set back."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.audit import Ledger, LedgerReader, verify
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.cosignature import WitnessKey, WitnessSigner
from headgate.audit.note import Signer
from headgate.audit.proof import Growth
from headgate.audit.witness import Reply, Witness, encode_request
from headgate.audit.witnessed import ask_witness
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
ORIGIN = "example.com/ledger"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Begin a ledger of 300 entries."""
    grow(tmp_path / "l", 300)
    return tmp_path / "l"


def grow(root: Path, size: int) -> None:
    """Append until there are so many entries."""
    with Ledger(root, origin=ORIGIN) as ledger:
        ledger.append([b"%d" % number for number in range(ledger.size, size)])


def opened(folder: Path, ledger: Path) -> Witness:
    """Open a witness of a ledger."""
    return Witness(folder, "example.com/witness", [LedgerReader(ledger).verifier])


@pytest.fixture
def witness(ledger: Path, tmp_path: Path) -> Iterator[Witness]:
    """Watch the ledger."""
    found = opened(tmp_path / "w", ledger)
    yield found
    found.close()


def request(ledger: Path, old: int) -> str:
    """Return the request for a ledger's current checkpoint."""
    reader = LedgerReader(ledger)
    hashes = reader.prove_consistency(old) if 0 < old < reader.checkpoint.size else []
    return encode_request(old, [base64.b64encode(one).decode() for one in hashes], reader.note)


def test_a_cosignature_is_of_the_specifications_form() -> None:
    """Name, key id of type 4, eight bytes of time, and Ed25519 over `cosignature/v1`, the time and the text."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    own = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    note = Checkpoint(ORIGIN, 1, bytes(32)).sign(own)
    line = WitnessSigner("example.com/witness", key).line(note, 1_700_000_000)
    raw = base64.b64decode(line.split(" ")[2])
    text = note.partition("\n\n")[0] + "\n"

    assert line.startswith("— example.com/witness ")
    assert (len(raw), int.from_bytes(raw[4:12], "big")) == (76, 1_700_000_000)
    key.public_key().verify(raw[12:], f"cosignature/v1\ntime 1700000000\n{text}".encode())
    known = WitnessKey("example.com/witness", key.public_key().public_bytes_raw())
    assert known.time_of(note + line) == 1_700_000_000
    assert WitnessKey.parse(str(known), "here") == known
    assert Checkpoint.open(note + line, own.verifier).size == 1


def test_a_ledger_that_grows_is_signed_each_time(ledger: Path, witness: Witness) -> None:
    """From nothing, from what was signed before, and again where nothing came."""
    replies = [witness.add(request(ledger, 0)), witness.add(request(ledger, 300))]
    grow(ledger, 700)
    replies.append(witness.add(request(ledger, 300)))

    assert [one.status for one in replies] == [200] * 3
    assert witness.signer.public.time_of(LedgerReader(ledger).note + replies[2].body) > 0


def test_what_did_not_grow_is_refused_with_its_status(ledger: Path, witness: Witness, tmp_path: Path) -> None:
    """Each refusal as the protocol has it, and none changes what the witness knows."""
    shutil.copytree(ledger, tmp_path / "old")
    grow(ledger, 700)
    assert witness.add(request(ledger, 0)).status == 200
    stranger = Checkpoint("example.com/other", 1, bytes(32)).sign(Signer.generate("example.com/other"))
    forged = Checkpoint(ORIGIN, 800, bytes(32)).sign(Signer.generate(ORIGIN))
    (tmp_path / "fork").mkdir()
    shutil.copy(ledger / "key", tmp_path / "fork" / "key")
    with Ledger(tmp_path / "fork") as fork:
        fork.append([b"another history"] * 900)

    assert witness.add(request(tmp_path / "old", 0)) == Reply(409, "700\n")
    assert witness.add(request(tmp_path / "old", 700)).status == 400
    assert witness.add(request(tmp_path / "fork", 700)).status == 422
    assert witness.add(encode_request(0, [], stranger)).status == 404
    assert witness.add(encode_request(700, [], forged)).status == 403
    assert witness.add("nonsense").status == 400
    assert witness.add(encode_request(700, ["!"], LedgerReader(ledger).note)).status == 400
    assert witness.add(request(ledger, 700)).status == 200


def test_it_remembers_over_a_restart(ledger: Path, tmp_path: Path) -> None:
    """The same key, and the same newest tree; two processes can't be one witness."""
    first = opened(tmp_path / "w", ledger)
    with pytest.raises(HeadgateError):
        opened(tmp_path / "w", ledger)
    first.add(request(ledger, 0))
    first.close()
    again = opened(tmp_path / "w", ledger)
    reply = again.add(request(ledger, 0))
    again.close()

    assert again.signer.public == first.signer.public
    assert reply == Reply(409, "300\n")


def test_it_goes_on_over_a_rotation_whose_checkpoint_it_signed(ledger: Path, tmp_path: Path) -> None:
    """With the old key first, then with the new one."""
    first = opened(tmp_path / "w", ledger)
    with Ledger(ledger) as writer:
        writer.rotate()
    replies = [first.add(request(ledger, 0))]
    first.close()
    grow(ledger, 400)
    again = opened(tmp_path / "w", ledger)
    replies.append(again.add(request(ledger, 301)))
    again.close()

    assert [one.status for one in replies] == [200, 200]


class Answer:
    """What a pool returns."""

    def __init__(self, reply: Reply) -> None:
        """Take what the witness said."""
        self.status, self.data = reply.status, reply.body.encode()


@pytest.fixture
def reached(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> Witness:
    """Let requests reach the witness without a network."""

    def post(_: object, method: str, url: str, *, body: bytes, timeout: float) -> Any:
        assert (method, url, timeout > 0) == ("POST", "http://w/add-checkpoint", True)
        return Answer(witness.add(body.decode()))

    monkeypatch.setattr(urllib3.PoolManager, "request", post)
    return witness


def test_a_witnesss_signature_is_kept_and_verified(ledger: Path, reached: Witness) -> None:
    """The report says what was signed when; without the signature, verification with the witness's key fails."""
    key = reached.signer.public
    without = verify(ledger, witnesses=[key])
    ask_witness(ledger, "http://w", key)
    grow(ledger, 700)
    first = verify(ledger, witnesses=[key])
    ask_witness(ledger, "http://w", key)
    other = WitnessKey("example.com/other", Ed25519PrivateKey.generate().public_key().public_bytes_raw())

    assert [one.what for one in without.findings] == ["witness example.com/witness signed no checkpoint"]
    assert first.findings == []
    assert any(note.startswith("witness example.com/witness signed the first 300 entries") for note in first.notes)
    assert verify(ledger).is_well
    assert not verify(ledger, witnesses=[key, other]).is_well


def test_a_ledger_that_was_set_back_can_not_be_hidden(ledger: Path, reached: Witness, tmp_path: Path) -> None:
    """By the witness itself, and by what it signed."""
    key = reached.signer.public
    shutil.copytree(ledger, tmp_path / "old")
    grow(ledger, 700)
    ask_witness(ledger, "http://w", key)
    assert verify(tmp_path / "old").is_well
    with pytest.raises(HeadgateError, match="another history"):
        ask_witness(tmp_path / "old", "http://w", key)
    shutil.copytree(ledger / "witnessed", tmp_path / "old" / "witnessed")

    assert "a witness signed 700" in str(verify(tmp_path / "old").findings[0])
    with pytest.raises(HeadgateError, match="another history"):
        ask_witness(tmp_path / "old", "http://w", key)


def test_a_flipped_byte_of_what_a_witness_signed_is_detected(ledger: Path, reached: Witness) -> None:
    """Of the checkpoint's text and signature always, of the witness's own line with its key."""
    key = reached.signer.public
    ask_witness(ledger, "http://w", key)
    (path,) = (ledger / "witnessed").iterdir()
    content = path.read_bytes()
    for at in range(0, len(content) - 1, 7):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed)
        assert not verify(ledger, witnesses=[key]).is_well, at


def test_growth_is_checked_the_same_way_on_both_sides(ledger: Path) -> None:
    """The proof that a witness is sent is the one that `prove --since` writes."""
    note = LedgerReader(ledger).note
    grow(ledger, 700)
    reader = LedgerReader(ledger)

    assert Growth.parse(reader.prove_growth(note)).hashes == tuple(reader.prove_consistency(300))
