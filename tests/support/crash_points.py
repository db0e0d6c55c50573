"""A process that ends between any two file operations: before the first, before the second, and so on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Crash(BaseException):
    """The process ends here."""


@contextmanager
def crash_after(survived: int, *operations: str) -> Iterator[None]:
    """Let so many calls of these functions of `os` through, and raise Crash in place of the next."""
    left = iter(range(survived))

    def counted(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if next(left, None) is None:
                raise Crash
            return real(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in operations:
            patch.setattr(os, name, counted(getattr(os, name)))
        yield
