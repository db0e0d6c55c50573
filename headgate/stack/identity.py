"""What a stack's name says: whose it is, and in which environment it runs."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from headgate.errors import HeadgateError

PLATFORM = "platform"


class Environment(StrEnum):
    """Where a stack runs. Production takes only what staging has proven."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"
    SANDBOX = "sandbox"


# The way of a release. The sandbox is not on it: nothing is proven there for others.
PROMOTION = (Environment.DEV, Environment.STAGING, Environment.PROD)

_OWNER = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")
_NAME = re.compile(rf"(?P<owner>{_OWNER.pattern})-(?P<environment>{'|'.join(Environment)})")


def _nearest(text: str) -> str:
    """Guess what a name was meant to be whose environment alone is mistyped."""
    owner, _, environment = text.rpartition("-")
    close = difflib.get_close_matches(environment, list(Environment), n=1)
    return f"did you mean `{owner}-{close[0]}`? " if close and _OWNER.fullmatch(owner) else ""


@dataclass(frozen=True)
class StackName:
    """A stack's name, taken apart: `platform-<environment>` or `<team>-<environment>`."""

    owner: str
    environment: Environment

    @classmethod
    def parse(cls, text: str) -> StackName:
        """Take a name apart, or say what names look like. Pulumi's `organization/project/` prefix is allowed."""
        match = _NAME.fullmatch(text.rsplit("/", 1)[-1])
        if match is None:
            raise HeadgateError(
                "this is no stack name",
                found=text,
                expected=f"platform-<environment> or <team>-<environment>; environments: {', '.join(Environment)}",
                fix=_nearest(text) + "see the names with `headgate stack list`",
            )
        return cls(match["owner"], Environment(match["environment"]))

    @property
    def is_platform(self) -> bool:
        """Whether this stack owns what the teams share."""
        return self.owner == PLATFORM

    @property
    def platform(self) -> StackName:
        """Name of the platform stack of the same environment."""
        return StackName(PLATFORM, self.environment)

    @property
    def proven_by(self) -> StackName | None:
        """The same owner's stack of the environment from which releases come here; None where they begin."""
        place = PROMOTION.index(self.environment) if self.environment in PROMOTION else 0
        return StackName(self.owner, PROMOTION[place - 1]) if place else None

    @property
    def section(self) -> str:
        """The part of a defaults file, and of the `headgate:` namespace, that this stack fills."""
        return "platform" if self.is_platform else "team"

    @property
    def file_name(self) -> str:
        """Name of the stack's own file, as Pulumi expects it."""
        return f"Pulumi.{self}.yaml"

    def __str__(self) -> str:
        return f"{self.owner}-{self.environment}"
