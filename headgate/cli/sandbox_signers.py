"""Who proves a sandbox's models, and who approves them: keys made on this machine, and of no worth anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from headgate.approval.document import signed
from headgate.approval.promotion import Promotions, subject
from headgate.approval.signing import FileSigning
from headgate.approver import keys, register
from headgate.audit.note import Signer
from headgate.cli.signing import claims_of
from headgate.engine.environment import SANDBOX_PASSPHRASE
from headgate.model.proofs import signers
from headgate.model.proofs.keys import SigningKey, new_key, open_key
from headgate.model.proofs.signers import Role
from headgate.model.proofs.trust import Step, Trust
from headgate.policy.bundle import Bundle
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.layout import StateDir

_APPROVERS = ("platform", "security")


@dataclass(frozen=True)
class SandboxSigners:
    """One signs and attests, one promotes, and two approve: as in earnest, these are not the same."""

    trainer: SigningKey
    releaser: SigningKey
    approvers: tuple[Signer, ...]
    known: signers.Signers
    file: Path
    """Who approves."""

    def judge(self, login_server: str) -> Promotions:
        """Return who judges approvals."""
        return Promotions.of(Bundle.find(), login_server, self.file)

    def trust(self, login_server: str) -> Trust:
        """Return whose word counts for the versions of the sandbox's registry."""
        return Trust(self.known, self.judge(login_server))

    def approvals(self, step: Step, judge: Promotions) -> list[tuple[str, str]]:
        """Return what the two sign of a step, each with the name of the key; nothing, where nobody is asked."""
        policy = judge.policy(step.to)
        if not policy.is_protected:
            return []
        made = []
        for signer in self.approvers:
            entry = judge.approvers.find(signer.name)
            if entry is not None:
                claims = claims_of(subject(step), entry, policy, None, None)
                made.append((entry.key_name, signed(claims, FileSigning(signer))))
        return made


def ensure_signers(state: StateDir) -> SandboxSigners:
    """Return the keys, made once, and write whose word counts to the state's own files."""
    trainer, releaser = (_key(state.model_keys / f"{name}.pem") for name in ("trainer", "releaser"))
    rows = [
        signers.entry("sandbox-trainer", trainer.public, (Role.SIGN, Role.ATTEST), ("*/*",)),
        signers.entry("sandbox-releaser", releaser.public, (Role.PROMOTE,), ("*/*",)),
    ]
    write_if_changed(state.model_signers, yaml.safe_dump({"signers": rows}, sort_keys=False).encode())
    people = tuple(_approver(state.model_keys, role) for role in _APPROVERS)
    lines = [
        register.entry(signer.name, str(signer.verifier), [role])
        for signer, role in zip(people, _APPROVERS, strict=True)
    ]
    write_if_changed(state.model_approvers, "\n".join(["approvers:", *lines, ""]))
    return SandboxSigners(trainer, releaser, people, signers.read(state.model_signers), state.model_approvers)


def _key(file: Path) -> SigningKey:
    """Return a key, made the first time; the sandbox's passphrase opens it, so that `headgate model` takes it too."""
    if not file.is_file():
        make_private_directory(file.parent)
        new_key(file, SANDBOX_PASSPHRASE)
    return open_key(file, SANDBOX_PASSPHRASE)


def _approver(folder: Path, role: str) -> Signer:
    """Return the key of who approves in a role, made the first time in the same way."""
    name, file = f"sandbox-{role}", folder / f"{role}.pem"
    if not file.is_file():
        keys.new_key(name, file, SANDBOX_PASSPHRASE)
    return keys.open_key(name, file, SANDBOX_PASSPHRASE)
