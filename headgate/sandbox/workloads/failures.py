"""Why a container can't be run here: for now, or as it is written."""

from __future__ import annotations


class NotYetError(Exception):
    """Something that the container needs is not there yet; it may come."""


class UnrunnableError(Exception):
    """The container's spec asks for what the runner does not do; only a change of the spec helps."""
