"""What only an update will know: previews of what is yet to be deployed, or told in secret, do without it."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi

from headgate.errors import HeadgateError
from headgate.stack.secret import Secret


def unknown() -> pulumi.Output[Any]:
    """Return a value that only an update will know."""
    loop = asyncio.get_running_loop()
    value: asyncio.Future[Any] = loop.create_future()
    known: asyncio.Future[bool] = loop.create_future()
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(set(), value, known)


def later_known(what: str, found: str, expected: str, fix: str) -> pulumi.Output[Any]:
    """Return in a preview what an update must know; in an update say what is missing."""
    if pulumi.runtime.is_dry_run():
        return unknown()
    raise HeadgateError(what, where="infra", found=found, expected=expected, fix=fix)


def secret_if_any(setting: Secret) -> pulumi.Output[str] | None:
    """Return a secret of the stack's configuration, where it has it."""
    return pulumi.Config("headgate").get_secret(setting)


def secret_of(stack: str, setting: Secret, lacking: str, expected: str) -> pulumi.Output[str]:
    """Return a secret of the stack's configuration; a preview may do without it, an update may not."""
    found = secret_if_any(setting)
    if found is not None:
        return found
    return later_known(
        lacking,
        f"no `headgate:{setting}` in stack {stack}",
        expected,
        f"pulumi config set --secret headgate:{setting} … -s {stack}",
    )
