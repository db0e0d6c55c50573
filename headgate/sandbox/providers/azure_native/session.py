"""What Configure decides: which Azure is meant, whether it may be changed, and the program's defaults.

Owns the modes. In plan-only mode (`HEADGATE_PLAN_ONLY=1`) there is no Azure: previews are answered, updates refused.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.azure.client import ArmClient
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.protocol.engine import EngineLog


@dataclass(frozen=True)
class Session:
    """One configured provider."""

    log: EngineLog
    cancelled: threading.Event
    config: dict[str, Any] = field(default_factory=dict)
    plan_only: bool = False

    @classmethod
    def configured(cls, log: EngineLog, cancelled: threading.Event, config: dict[str, Any]) -> Session:
        """Read the environment."""
        return cls(log, cancelled, config, os.environ.get("HEADGATE_PLAN_ONLY") == "1")

    @cached_property
    def azure(self) -> ArmClient:
        """Return the Azure of this shell's state directory."""
        if self.plan_only:
            raise HeadgateError(
                "plan-only mode has no Azure to change",
                found="HEADGATE_PLAN_ONLY=1",
                expected="a preview",
                fix="unset HEADGATE_PLAN_ONLY to update the sandbox",
            )
        return ArmClient(StateDir.from_environment())

    @property
    def subscription(self) -> str:
        """Return the subscription that ids are in: the sandbox's own, unless a plan is made for another one."""
        stated = self.config.get("subscriptionId")
        return str(stated) if self.plan_only and stated else SUBSCRIPTION_ID
