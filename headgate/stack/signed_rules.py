"""Which signed rules and facts the gates of a platform's clusters pull, and whose signatures they believe."""

from __future__ import annotations

from headgate.stack.values import PublicKey, Repository, RulesDigest, Settings, Tag


class SignedFacts(Settings):
    """What the registry knows of models, as `headgate policy facts --watch` keeps it."""

    key: PublicKey
    """Public key of who signs the facts: another than that of the rules."""
    repository: Repository = "policy/facts"
    """Repository in the platform's registry."""
    tag: Tag = "now"
    """What the gates follow."""


class SignedRules(Settings):
    """The signed rules, as `headgate policy bundle push` has stored them."""

    digest: RulesDigest
    """Digest that `headgate policy bundle push` printed."""
    key: PublicKey
    """Public key of who signs the rules."""
    repository: Repository = "policy/rules"
    """Repository in the platform's registry."""
    facts: SignedFacts | None = None
    """What the registry knows of models; without it every model that a cluster has not admitted before is denied."""
