"""What is too deep or too large to be read: told as that, wherever a document is read or judged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from headgate.errors import HeadgateError


@contextlib.contextmanager
def within_reach() -> Iterator[None]:
    """Turn what the machine can't hold into an error that says so: it is never a verdict."""
    try:
        yield
    except (RecursionError, MemoryError) as error:
        raise HeadgateError(
            "the document is nested too deeply or too large, so nothing was judged",
            found=type(error).__name__,
            expected="what Pulumi or Kubernetes could take",
            fix="look at what made the document",
        ) from error
