"""The file of those whose signatures count, and the keys in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from model_shelf import People

from headgate.errors import HeadgateError
from headgate.model.proofs import signers
from headgate.model.proofs.keys import PublicKey, new_key, open_key
from headgate.policy.bundle import CHECKOUT

pytestmark = pytest.mark.unit


def test_the_committed_file_is_read() -> None:
    """It has the form that it explains."""
    assert signers.read(CHECKOUT / "policies" / signers.FILE) == signers.Signers()


def test_a_key_is_found_again_by_its_id(tmp_path: Path, people: People) -> None:
    """What `headgate model key` prints is what the file takes."""
    public = new_key(tmp_path / "key", "correct horse battery")
    row = signers.entry("trainer", public, ("sign",), ("fraud/*",))
    (tmp_path / "signers.yaml").write_text(yaml.safe_dump({"signers": [row]}))

    found = signers.read(tmp_path / "signers.yaml").by_key(public.id)

    assert (found.name, open_key(tmp_path / "key", "correct horse battery").public.text) == ("trainer", public.text)


@pytest.mark.parametrize(
    "change",
    [{"key": "AAAA"}, {"key": "not base64"}, {"roles": ["approve"]}, {"roles": []}, {"models": ["fraud"]}, {"x": 1}],
)
def test_a_wrong_entry_is_told_with_its_line(tmp_path: Path, people: People, change: dict[str, object]) -> None:
    """A signer that can't be read must not count as one that is not there."""
    row = {**signers.entry("trainer", people.trainer.public, ("sign",), ("fraud/*",)), **change}
    (tmp_path / "signers.yaml").write_text(yaml.safe_dump({"signers": [row]}))

    with pytest.raises(HeadgateError, match=r"signers\.yaml:\d"):
        signers.read(tmp_path / "signers.yaml")


def test_only_keys_on_curves_that_count_are_keys() -> None:
    """Others are refused by name."""
    for key in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1())):
        with pytest.raises(ValueError, match="not an ECDSA key on P-256"):
            PublicKey.of(key.public_key())
