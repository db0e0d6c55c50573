"""An image as a stack names it: repository and digest, in the platform's own registry."""

from __future__ import annotations

from headgate.stack.values import Digest, Repository, Settings


class Image(Settings):
    """An image of the platform's registry, by digest."""

    image: Repository
    """Repository in the platform's registry."""
    digest: Digest
    """Digest of the image."""
