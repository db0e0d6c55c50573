"""What a receiver asks for: a credential from a file or the environment, and certificates. Never from arguments.

Read anew for each request, so that a token that is rotated in its file is taken up.
"""

from __future__ import annotations

import os
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError

VARIABLE = "HEADGATE_STREAM_CREDENTIAL"
_OTHERS = 0o077


@dataclass(frozen=True)
class Credential:
    """One line: a token, a whole `Authorization` header (`Splunk ...`), or an Event Hubs connection string."""

    file: Path | None = None

    @property
    def where(self) -> str:
        """What to name in a message: where it is from, never what it is."""
        return str(self.file) if self.file else VARIABLE

    def read(self) -> str | None:
        """Return it; None where there is none."""
        if self.file is None:
            text = os.environ.get(VARIABLE, "").strip()
        else:
            require_private(self.file)
            try:
                text = self.file.read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise _unreadable(self.file, error) from error
            if not text:
                raise self.unusable("an empty file")
        if not text.isprintable() or not text.isascii():
            raise self.unusable("line breaks or characters that no header carries")
        return text or None

    def unusable(self, found: str) -> HeadgateError:
        """Return the error of a credential of another form."""
        return HeadgateError(
            "the credential can't be used",
            where=self.where,
            found=found,
            expected="one line: a token, `SCHEME token`, or for Event Hubs a connection string",
        )


def require_private(path: Path) -> None:
    """Refuse a secret's file that others may read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise _unreadable(path, error) from error
    if mode & _OTHERS:
        raise HeadgateError(
            "others may read this secret",
            where=str(path),
            found=f"mode {mode:04o}",
            expected="mode 0600",
            fix=f"chmod 600 {path}",
        )


def _unreadable(path: Path, error: Exception) -> HeadgateError:
    """Return the error of a file that is not there or not text."""
    found = error.strerror if isinstance(error, OSError) else "no text"
    return HeadgateError("the secret can't be read", where=str(path), found=found)


@dataclass(frozen=True)
class Certificates:
    """PEM files: what verifies the receiver (the system's authorities without), and what this side shows."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return the client's side of TLS, or say which file is wrong."""
        if (self.cert is None) != (self.key is None):
            raise HeadgateError(
                "half of the client's certificate is missing",
                found=f"--client-cert {self.cert or 'not given'}, --client-key {self.key or 'not given'}",
                expected="both, or neither",
            )
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(str(self.ca), error) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert and self.key:
            require_private(self.key)
            try:
                # The empty passphrase: an encrypted key is an error here, and no question on a terminal.
                context.load_cert_chain(self.cert, self.key, password="")
            except (OSError, ssl.SSLError) as error:
                raise _unusable(f"{self.cert}, {self.key}", error) from error
        return context


def _unusable(where: str, error: Exception) -> HeadgateError:
    """Return the error of files that are missing, unreadable or do not belong together."""
    return HeadgateError("the certificate can't be used", where=where, found=str(error))
