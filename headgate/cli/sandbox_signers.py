"""Who proves a sandbox's models: two keys, made on this machine, and of no worth anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headgate.model.proofs import signers
from headgate.model.proofs.keys import SigningKey, generate
from headgate.model.proofs.signers import Role
from headgate.sandbox.files import write_if_changed, write_private
from headgate.sandbox.layout import StateDir


@dataclass(frozen=True)
class SandboxSigners:
    """One signs and attests, the other promotes: as in earnest, these are not the same."""

    trainer: SigningKey
    releaser: SigningKey
    known: signers.Signers


def ensure_signers(state: StateDir) -> SandboxSigners:
    """Return the keys, made once, and write whose signatures count to the state's own file of signers."""
    trainer, releaser = (_key(state.model_keys / f"{name}.pem") for name in ("trainer", "releaser"))
    rows = [
        signers.entry("sandbox-trainer", trainer.public, (Role.SIGN, Role.ATTEST), ("*/*",)),
        signers.entry("sandbox-releaser", releaser.public, (Role.PROMOTE,), ("*/*",)),
    ]
    write_if_changed(state.model_signers, yaml.safe_dump({"signers": rows}, sort_keys=False).encode())
    return SandboxSigners(trainer, releaser, signers.read(state.model_signers))


def _key(file: Path) -> SigningKey:
    if not file.is_file():
        encoded = generate().key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(file, encoded)
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101  made above
    return SigningKey(key)
