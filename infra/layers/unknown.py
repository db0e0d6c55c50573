"""A value that only an update will know, for previews of what is yet to be deployed or told."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi


def unknown() -> pulumi.Output[Any]:
    """Return a value that only an update will know."""
    loop = asyncio.get_running_loop()
    value: asyncio.Future[Any] = loop.create_future()
    known: asyncio.Future[bool] = loop.create_future()
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(set(), value, known)
