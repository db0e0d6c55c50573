"""Where plans and their approvals are kept: an interface, and folders for a laptop and for a platform's own stacks.

`registry_store` keeps them in a registry. What is kept needs no protection but against loss: plans name themselves by
their digest, approvals are signed, and the key of the hashes is sealed by the stack's secrets provider.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from headgate.approval.document import Kind, Subject
from headgate.audit.canonical import parse
from headgate.errors import HeadgateError
from headgate.plan.digest import digest_of

# More signatures than people who approve, and few enough to be judged in no time.
MOST_APPROVALS = 50
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_STACK = re.compile(r"[a-z][a-z0-9-]{0,63}")
_KEY = re.compile(r"[^\s/+]{1,64}\+[0-9a-f]{8}")


@dataclass(frozen=True)
class PlanRecord:
    """A plan as it was made: what is approved, its form, and what people look at."""

    subject: Subject
    form: Mapping[str, Any]
    made: str
    actor: str
    commit: str
    changes: Mapping[str, int] = field(default_factory=dict)
    cost: Mapping[str, Any] | None = None
    losses: Mapping[str, str] = field(default_factory=dict)
    """What would be lost that only its owners' approval lets go, by URN."""

    def about(self) -> dict[str, Any]:
        """Return all but the form."""
        return {key: value for key, value in asdict(self).items() if key != "form"}


class Store(Protocol):
    """Keeps plans and approvals by stack and digest."""

    def where(self, stack: str) -> str:
        """Return where a stack's plans are, for a person."""

    def keep(self, record: PlanRecord) -> None:
        """Keep a plan; one of the same digest gives way, its approvals stay."""

    def plan(self, stack: str, digest: str) -> PlanRecord | None:
        """Return a plan."""

    def latest(self, stack: str, action: str = "") -> str | None:
        """Return the digest of the plan that was made last, of all or of an action."""

    def approve(self, stack: str, digest: str, key_name: str, kind: Kind, token: str) -> None:
        """Keep an approval; one of the same key and kind gives way."""

    def approvals(self, stack: str, digest: str) -> tuple[str, ...]:
        """Return the approvals of a plan, whoever they are from."""

    def applied(self, stack: str) -> str | None:
        """Return the digest of the plan that was applied last."""

    def apply(self, stack: str, digest: str) -> None:
        """Remember that a plan was applied."""

    def approved(self, stack: str) -> str | None:
        """Return the digest of the update that enough people approved last."""

    def settle(self, stack: str, digest: str) -> None:
        """Remember that enough people approved an update: what the next one is compared with, by those who read it."""

    def sealed_key(self, stack: str) -> str | None:
        """Return the sealed key of the hashes of a stack's secrets."""

    def seal_key(self, stack: str, ciphertext: str) -> None:
        """Keep the sealed key; the first one stays."""


@dataclass(frozen=True)
class FolderStore:
    """`<root>/<stack>/<digest>/` with `plan.json`, `about.json` and one file per approval."""

    root: Path

    def where(self, stack: str) -> str:
        """Return the stack's folder."""
        return str(self._stack(stack))

    def keep(self, record: PlanRecord) -> None:
        """Write form and record, and that this is the latest."""
        folder = self._folder(record.subject.stack, record.subject.plan)
        _write(folder / "plan.json", json.dumps(record.form, indent=1, sort_keys=True))
        _write(folder / "about.json", json.dumps(record.about(), indent=1))
        for name in ("latest", f"latest-{record.subject.action}"):
            _write(folder.parent / name, record.subject.plan)

    def plan(self, stack: str, digest: str) -> PlanRecord | None:
        """Read a plan; one whose form has another digest than its folder says is refused."""
        folder = self._folder(stack, digest)
        if not (folder / "about.json").is_file():
            return None
        try:
            form = parse((folder / "plan.json").read_bytes())
            about = parse((folder / "about.json").read_bytes())
            subject = Subject(**{**about.pop("subject"), "plan": digest, "stack": stack})
            record = PlanRecord(Subject(**{**asdict(subject), "authors": tuple(subject.authors)}), form, **about)
            found = digest_of(form)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise damaged(str(folder), str(error), "a plan of `headgate plan`") from error
        if found != digest:
            raise damaged(str(folder), f"a plan with the digest {found}", digest)
        return record

    def latest(self, stack: str, action: str = "") -> str | None:
        """Read the latest."""
        return self._digest(stack, f"latest-{action}" if action else "latest")

    def approve(self, stack: str, digest: str, key_name: str, kind: Kind, token: str) -> None:
        """Write a file of the key's name."""
        _write(self._folder(stack, digest) / f"{checked_key_name(key_name)}.{kind}.jws", token + "\n")

    def approvals(self, stack: str, digest: str) -> tuple[str, ...]:
        """Read every file with a signature, in the order of their names."""
        files = sorted(self._folder(stack, digest).glob("*.jws"))
        if len(files) > MOST_APPROVALS:
            raise damaged(str(self._folder(stack, digest)), f"{len(files)} approvals", f"at most {MOST_APPROVALS}")
        try:
            return tuple(path.read_text(encoding="utf-8", errors="replace").strip() for path in files)
        except OSError as error:
            raise damaged(str(self._folder(stack, digest)), str(error), "approvals that can be read") from error

    def applied(self, stack: str) -> str | None:
        """Read the last one."""
        return self._digest(stack, "applied")

    def apply(self, stack: str, digest: str) -> None:
        """Write the last one."""
        _write(self._folder(stack, digest).parent / "applied", digest)

    def approved(self, stack: str) -> str | None:
        """Read the last one."""
        return self._digest(stack, "approved")

    def settle(self, stack: str, digest: str) -> None:
        """Write the last one."""
        _write(self._folder(stack, digest).parent / "approved", digest)

    def sealed_key(self, stack: str) -> str | None:
        """Read the key's ciphertext."""
        path = self._stack(stack) / "key"
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    def seal_key(self, stack: str, ciphertext: str) -> None:
        """Write it once: with another key, no approved plan would be known again."""
        folder = self._stack(stack)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError), (folder / "key").open("x", encoding="utf-8") as file:
            file.write(ciphertext + "\n")

    def _digest(self, stack: str, name: str) -> str | None:
        path = self._stack(stack) / name
        found = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
        return found if is_plan(found) else None

    def _stack(self, stack: str) -> Path:
        return self.root / checked_stack(stack)

    def _folder(self, stack: str, digest: str) -> Path:
        return self._stack(stack) / checked_plan(digest).partition(":")[2]


def is_plan(text: object) -> bool:
    """Say whether something is a plan's digest."""
    return isinstance(text, str) and bool(_DIGEST.fullmatch(text))


def checked_plan(digest: str) -> str:
    """Return a plan's digest when it is one: it becomes part of a name."""
    if not is_plan(digest):
        raise HeadgateError(
            "no plan has this digest", found=repr(digest), expected="sha256: and 64 hex digits", fix="headgate plan"
        )
    return digest


def checked_stack(stack: str) -> str:
    """Return a stack's name when it can be one."""
    if not _STACK.fullmatch(stack):
        raise HeadgateError("no stack has this name", found=repr(stack), expected="<team>-<environment>")
    return stack


def checked_key_name(name: str) -> str:
    """Return a key's name when it can be one."""
    if not _KEY.fullmatch(name):
        raise HeadgateError("a key can't have this name", found=repr(name), expected="name+8 hex digits")
    return name


def _write(path: Path, text: str) -> None:
    """Put a whole file in place at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def damaged(where: str, found: str, expected: str) -> HeadgateError:
    """Return the error of a plan that is not what it is kept as."""
    return HeadgateError(
        "the plan that is kept can't be used", where=where, found=found, expected=expected, fix="headgate plan"
    )
