"""Looks, before a platform's update, whether the rules that its gates would pull are those of this version.

The update makes pods that ask for what this version's rules bring. Of older ones they would never be ready, and the
webhook, closed on failure, would deny every write: so these are published first. Owns the look and its words; what a
gate believes it verifies itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.model.descriptor import Reference

_FIRST = (
    "publish the rules of this version first: `headgate policy bundle build`, `sign` and `push`; then name the digest "
    "that `push` printed in the stack"
)


def require_rules_of_this_version(stack: str) -> None:
    """Refuse an update whose gates would pull rules that lack what they ask for, or that nobody has published."""
    from headgate.cli.policy_bundle import content_of
    from headgate.model.errors import RegistryError
    from headgate.policy import archive

    reference = _pulled(stack)
    if reference is None:
        return
    try:
        has = archive.roots(content_of(str(reference)))
    except RegistryError as error:
        if error.not_found:
            raise _refused(stack, reference, "nothing under that digest") from error
        # Not every job reaches the registry, which the first update makes: then the pods themselves tell.
        return
    lacking = sorted(set(archive.ROOTS) - has)
    if lacking:
        raise _refused(stack, reference, f"rules without {', '.join(lacking)}: they are of another version")


def _pulled(stack: str) -> Reference | None:
    """Return the signed rules that a platform's stack names for its gates; nothing where files go with the update."""
    from components import names
    from headgate.model.descriptor import Reference
    from headgate.stack import StackName, find_stacks, load_stack

    # Any project's stack is updated here; a platform of ours has a file.
    if not stack.startswith("platform-") or not (find_stacks() / f"Pulumi.{stack}.yaml").is_file():
        return None
    name = StackName.parse(stack)
    platform = load_stack(name, find_stacks()).platform
    bundle = platform.gate.bundle
    if bundle is None:
        return None
    server = names.login_server(platform.organisation, name.environment)
    return Reference(server, bundle.repository, digest=bundle.digest)


def _refused(stack: str, reference: Reference, found: str) -> HeadgateError:
    return HeadgateError(
        "the gates of this platform would never be ready by the rules that they are to pull, so nothing is deployed",
        where=f"{stack}: gate.bundle.digest ({reference})",
        found=found,
        expected="a bundle with all that this version's gates ask for",
        fix=_FIRST,
        exit_code=Exit.NOT_EVALUATED,
    )
