"""Who proves a sandbox's models: two keys, made on this machine, and of no worth anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from headgate.engine.environment import SANDBOX_PASSPHRASE
from headgate.model.proofs import signers
from headgate.model.proofs.keys import SigningKey, new_key, open_key
from headgate.model.proofs.signers import Role
from headgate.sandbox.files import make_private_directory, write_if_changed
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
    """Return a key, made the first time; the sandbox's passphrase opens it, so that `headgate model` takes it too."""
    if not file.is_file():
        make_private_directory(file.parent)
        new_key(file, SANDBOX_PASSPHRASE)
    return open_key(file, SANDBOX_PASSPHRASE)
