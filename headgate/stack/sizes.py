"""How many pods, and what each of them gets: the same words wherever a team runs something."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headgate.stack.values import Cpu, Digest, Memory, Repository, Settings


class Replicas(Settings):
    """Bounds of the autoscaler, in each region."""

    min: Annotated[int, Field(ge=1, le=1000)]
    """Fewest pods."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Most pods."""


class Resources(Settings):
    """What one pod gets: requests and limits are equal, so neighbours can't starve it."""

    cpu: Cpu
    """CPUs of a pod."""
    memory: Memory
    """Memory of a pod."""
    gpus: Annotated[int, Field(ge=0, le=16)] = 0
    """GPUs of a pod."""


class Program(Settings):
    """A program of the platform's registry, by digest."""

    image: Repository
    """Repository of the program's image in the platform's registry."""
    digest: Digest
    """Digest of the image."""
