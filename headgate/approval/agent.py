"""Keys in an SSH agent: Ed25519, so that what the agent signs is what JWS asks for.

Speaks the two requests of the agent protocol (draft-ietf-sshm-ssh-agent) that signing takes. The key never leaves the
agent; a key on a token asks its owner to touch it, as for a login.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from headgate.approver.register import Approver
from headgate.errors import HeadgateError

_IDENTITIES, _IDENTITIES_ANSWER = 11, 12
_SIGN, _SIGN_ANSWER = 13, 14
_TYPE = b"ssh-ed25519"
_SIGNATURE_BYTES = 64
_MOST_BYTES = 256 * 1024
_SECONDS = 60.0


@dataclass(frozen=True)
class AgentSigning:
    """The key of an approver, in the agent that listens on a socket."""

    approver: Approver
    path: Path
    algorithm: str = "EdDSA"

    @classmethod
    def of(cls, approver: Approver, path: str | None = None) -> AgentSigning:
        """Return the approver's key in this shell's agent, if the agent has it."""
        where = path or os.environ.get("SSH_AUTH_SOCK")
        if not where:
            raise _unable("SSH_AUTH_SOCK", "no agent", "`eval $(ssh-agent)`, then `ssh-add`; or name a file with --key")
        found = cls(approver, Path(where))
        if approver.verifier is None:
            raise _unable(
                where, f"an entry of {approver.name} whose key is in a vault", "name the vault's key with --key"
            )
        if _blob(approver.verifier.public) not in found.public_keys():
            raise _unable(where, f"an agent without the key of {approver.name}", "`ssh-add` the key of the register")
        return found

    @property
    def name(self) -> str:
        """The approver's name."""
        return self.approver.name

    @property
    def key_name(self) -> str:
        """What signatures call the key."""
        return self.approver.key_name

    def public_keys(self) -> list[bytes]:
        """Return the public keys that the agent has."""
        body = self._ask(bytes([_IDENTITIES]), _IDENTITIES_ANSWER)
        if len(body) < 4:
            raise _unable(str(self.path), "an answer that is cut off", "try again")
        count, rest = struct.unpack(">I", body[:4])[0], body[4:]
        found = []
        for _ in range(count):
            key, rest = self._text(rest)
            _, rest = self._text(rest)
            found.append(key)
        return found

    def sign(self, content: bytes) -> bytes:
        """Have the agent sign."""
        blob = _blob(self.approver.public.public)
        request = bytes([_SIGN]) + _string(blob) + _string(content) + struct.pack(">I", 0)
        whole, _ = self._text(self._ask(request, _SIGN_ANSWER))
        kind, rest = self._text(whole)
        signature, _ = self._text(rest)
        if kind != _TYPE or len(signature) != _SIGNATURE_BYTES:
            raise _unable(str(self.path), f"a signature of type {kind!r}", "a key of type ssh-ed25519")
        return signature

    def _ask(self, request: bytes, expected: int) -> bytes:
        """Return the body of the agent's answer."""
        try:
            with socket.socket(socket.AF_UNIX) as agent:
                agent.settimeout(_SECONDS)
                agent.connect(str(self.path))
                agent.sendall(_string(request))
                answer = _read(agent, struct.unpack(">I", _read(agent, 4))[0])
        except (OSError, struct.error) as error:
            raise _unable(
                str(self.path), str(error) or type(error).__name__, "start the agent, or use --key"
            ) from error
        if answer[:1] != bytes([expected]):
            raise _unable(str(self.path), "an agent that refuses", "unlock the key, or confirm its use, and try again")
        return answer[1:]

    def _text(self, content: bytes) -> tuple[bytes, bytes]:
        """Return the first string of an answer, and what comes after it."""
        if len(content) < 4 or len(content) - 4 < struct.unpack(">I", content[:4])[0]:
            raise _unable(str(self.path), "an answer that is cut off", "try again")
        end = 4 + struct.unpack(">I", content[:4])[0]
        return content[4:end], content[end:]


def _blob(public: bytes) -> bytes:
    return _string(_TYPE) + _string(public)


def _string(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _read(agent: socket.socket, size: int) -> bytes:
    if size > _MOST_BYTES:
        raise OSError(f"an answer of {size} bytes")
    content = b""
    while len(content) < size:
        part = agent.recv(size - len(content))
        if not part:
            raise OSError("the agent hung up")
        content += part
    return content


def _unable(where: str, found: str, fix: str) -> HeadgateError:
    return HeadgateError(
        "the SSH agent can't sign",
        where=where,
        found=found,
        expected="an agent that holds the Ed25519 key of policies/approvers.yaml",
        fix=fix,
    )
