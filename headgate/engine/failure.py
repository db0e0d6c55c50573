"""What a failed run of the engine means, and what to do. The engine's own words stay in the message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headgate.errors import Exit, HeadgateError

_LIMIT = 12


def explain(what: str, stack: str, messages: Sequence[str]) -> HeadgateError:
    """Return the error for a failed run from what the engine said."""
    text = "\n".join(messages)
    for pattern, cause, fix in _KNOWN:
        if re.search(pattern, text, re.IGNORECASE):
            return HeadgateError(f"{what}: {cause}", where=stack, found=_shown(messages), fix=fix.format(stack=stack))
    return HeadgateError(what, where=stack, found=_shown(messages) or "no message from the engine")


def denied(stack: str, messages: Sequence[str]) -> HeadgateError:
    """Return the error for an update that the policy pack refused."""
    return HeadgateError(
        "the update was refused by policy",
        where=stack,
        found=_shown(messages),
        fix=f"change what the message names, then headgate check --stack {stack}",
        exit_code=Exit.VIOLATIONS,
    )


def _shown(messages: Sequence[str]) -> str:
    """Return the messages, indented, at most so many: the first ones are the causes."""
    shown = [message for message in messages if message][:_LIMIT]
    left = len([message for message in messages if message]) - len(shown)
    rows = [line for message in shown for line in message.splitlines()]
    if left > 0:
        rows.append(f"… and {left} more")
    return rows[0] if len(rows) == 1 else "".join(f"\n    {row}" for row in rows)


# Pattern in the engine's words, cause, what to do.
_KNOWN = (
    (
        r"incorrect passphrase|PULUMI_CONFIG_PASSPHRASE|failed to decrypt|cipher: message authentication failed",
        "the passphrase is not the one that the stack's secrets were encrypted with",
        'in the sandbox: eval "$(headgate env)"; the salt in stacks/Pulumi.{stack}.yaml must be the committed one',
    ),
    (
        r"the stack is currently locked",
        "another update holds its lock",
        "headgate up -s {stack} clears the lock of a dead process",
    ),
    (
        r"conflict: Another update is currently in progress",
        "another update is in progress",
        "wait for it to end",
    ),
    (
        r"cannot be deleted\s+because it is protected",
        "a resource is protected against deletion",
        "take its protection away in an update of its own (headgate up -s {stack}), then run the command again",
    ),
    (
        r"RoleAssignmentExists",
        "Azure has this very right already, under another name",
        "a right that was renamed: take it out in an update of its own, then give it anew; one that somebody gave "
        "past Headgate: take it away, then run the command again",
    ),
    (
        r"unknown stack|no stack named",
        "a stack that it needs does not exist",
        "deploy the platform stack of the same environment first, then this one",
    ),
    (
        r"no space left on device",
        "the disk is full",
        "free space and run the command again: the state on disk is that of the last step",
    ),
    (
        r"no (?:language|resource) plugin|plugin.*not found|failed to load language plugin",
        "a plugin of the engine is missing",
        'headgate env writes them: eval "$(headgate env)"',
    ),
)
