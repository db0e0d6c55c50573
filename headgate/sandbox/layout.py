"""Where the sandbox keeps everything: one directory, named once.

Owns names and modes only. Whoever writes a file owns its content.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError

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
            probe = self.root / ".writable"
            probe.touch(mode=0o600)
            probe.unlink()
        except OSError as error:
            raise HeadgateError(
                "the sandbox can't write its state directory",
                where=str(self.root),
                found=error.strerror or str(error),
                expected="a directory that you may write",
                fix="set HEADGATE_STATE to a directory of yours, or correct its owner and mode",
            ) from error
        return self

    @property
    def supervisor_socket(self) -> Path:
        """Control socket of the supervisor."""
        return self.root / "supervisor.sock"

    @property
    def azure_socket(self) -> Path:
        """Socket of Azure in miniature."""
        return self.root / "azure.sock"

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
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    def region(self, cluster: str) -> Path:
        """Directory of one region's control plane, by the name of its managed cluster."""
        return self.root / "regions" / cluster

    def registry(self, name: str) -> Path:
        """Storage of one container registry."""
        return self.root / "registries" / name
