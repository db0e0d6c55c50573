"""Where the sandbox keeps everything: one directory, named once.

Owns names and modes only. Whoever writes a file owns its content.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError

# sun_path holds 108 bytes, of which the last ends the string.
SOCKET_PATH_LIMIT = 107
# Fixed, because every shell must find the same sockets whatever its TMPDIR; the directory's owner and mode are checked.
SHORT = Path("/tmp")  # noqa: S108
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class StateDir:
    """The sandbox's state directory (`HEADGATE_STATE`, else `.headgate` in the checkout)."""

    root: Path

    @classmethod
    def from_environment(cls) -> StateDir:
        """Return the directory that this shell means."""
        return cls(Path(os.environ.get("HEADGATE_STATE") or CHECKOUT / ".headgate").resolve())

    def ensure(self) -> StateDir:
        """Create the directory for its owner alone, or say why it can't be."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.root.chmod(0o700)
            # Nobody else's file: several commands may start at once.
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise HeadgateError(
                "the sandbox can't write its state directory",
                where=str(self.root),
                found=error.strerror or str(error),
                expected="a directory that you may write",
                fix="set HEADGATE_STATE to a directory of yours, or correct its owner and mode",
            ) from error
        self.ensure_socket("supervisor.sock")
        return self

    def ensure_socket(self, name: str) -> Path:
        """Return the path of a socket whose directory exists and is its owner's alone."""
        path = self.socket(name)
        if path.parent == self.short_sockets:
            self._ensure_short_sockets()
        else:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def _ensure_short_sockets(self) -> None:
        """Make the directory for sockets that do not fit elsewhere, and refuse one that somebody else made."""
        directory = self.short_sockets
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise HeadgateError(
                "the directory for the sandbox's sockets is not yours alone",
                where=str(directory),
                found=f"owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):o}",
                expected=f"a directory of user {os.getuid()}, mode 700",
                fix="set HEADGATE_STATE to a shorter path, so that its sockets fit inside it",
            )

    def socket(self, name: str) -> Path:
        """Return the path of a unix socket, in a short directory where the state's own path is too long for one."""
        direct = self.root / name
        if len(os.fsencode(direct)) <= SOCKET_PATH_LIMIT:
            return direct
        return self.short_sockets / name.replace("/", "-")

    @property
    def short_sockets(self) -> Path:
        """Directory of sockets that would not fit under the state directory; `ensure` makes it and checks its owner."""
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return SHORT / f"headgate-{os.getuid()}-{digest}"

    @property
    def supervisor_socket(self) -> Path:
        """Control socket of the supervisor."""
        return self.socket("supervisor.sock")

    @property
    def azure_socket(self) -> Path:
        """Socket of Azure in miniature."""
        return self.socket("azure.sock")

    @property
    def supervisor_lock(self) -> Path:
        """Lock that the running supervisor holds; its process id is inside."""
        return self.root / "supervisor.lock"

    @property
    def supervisor(self) -> Path:
        """What the supervisor keeps over restarts: desired processes and regions, ports."""
        return self.root / "supervisor"

    @property
    def audit_token(self) -> Path:
        """Bearer token of the audit collector."""
        return self.root / "audit-token"

    @property
    def rules_key(self) -> Path:
        """Private key that signs the sandbox's rules bundle."""
        return self.root / "rules-key.pem"

    @property
    def rules_public_key(self) -> Path:
        """Public key by which gates believe the sandbox's rules bundle."""
        return self.root / "rules-key.pub"

    @property
    def facts_key(self) -> Path:
        """Private key that signs what the sandbox's gates are told of models."""
        return self.gate / "facts-key.pem"

    @property
    def facts_public_key(self) -> Path:
        """Public key by which gates believe what they are told of models."""
        return self.gate / "facts-key.pub"

    @property
    def gate(self) -> Path:
        """Directory of what the gates of the sandbox's clusters pull."""
        return self.root / "gate"

    @property
    def gate_bundles(self) -> Path:
        """Which signed bundles the gates pull, by the registry that has them."""
        return self.gate / "bundles.json"

    @property
    def model_keys(self) -> Path:
        """Directory of the private keys that prove the sandbox's models."""
        return self.root / "model-keys"

    @property
    def model_signers(self) -> Path:
        """Whose signatures on models count in the sandbox."""
        return self.root / "signers.yaml"

    @property
    def model_approvers(self) -> Path:
        """Who approves that models go up in the sandbox."""
        return self.root / "approvers.yaml"

    @property
    def model_registry(self) -> Path:
        """Login server of the registry that gates ask for what is known of models."""
        return self.root / "model-registry"

    @property
    def network(self) -> Path:
        """Directory of the network map: one JSON file per owner, `{"host:port": "127.0.0.1:port"}`."""
        return self.root / "network"

    @property
    def pki(self) -> Path:
        """The sandbox's own certificate authority."""
        return self.root / "pki"

    @property
    def pulumi_backend(self) -> Path:
        """Pulumi's file back end."""
        return self.root / "pulumi"

    @property
    def passphrase_file(self) -> Path:
        """Passphrase of the sandbox's stacks."""
        return self.root / "passphrase"

    @property
    def shims(self) -> Path:
        """Executables that the Pulumi engine looks for on PATH: language host and stand-in providers."""
        return self.root / "shims"

    @property
    def ledger(self) -> Path:
        """The audit ledger."""
        return self.root / "ledger"

    @property
    def audit_logs(self) -> Path:
        """Directory of the API servers' audit logs, which the audit collector follows."""
        return self.root / "audit-logs"

    def audit_log(self, cluster: str) -> Path:
        """Return the audit log of a region's API server."""
        return self.audit_logs / cluster / "audit.log"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    def region(self, cluster: str) -> Path:
        """Directory of one region's control plane, by the name of its managed cluster."""
        return self.root / "regions" / cluster

    def registry(self, name: str) -> Path:
        """Storage of one container registry."""
        return self.root / "registries" / name
