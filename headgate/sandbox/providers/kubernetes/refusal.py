"""What an API server's refusal means to a person, and whether a preview may go on without an answer.

Owns the messages. They quote the API server, without the secrets that were sent to it.
"""

from __future__ import annotations

import re
from typing import Final

from headgate.errors import HeadgateError
from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.annotations import PATCH_FORCE
from headgate.sandbox.providers.kubernetes.checkpoint import masked
from headgate.sandbox.providers.kubernetes.cluster import Reference
from headgate.sandbox.providers.protocol.values import Properties

_RIGHTS: Final = re.compile(r'User "[^"]*" cannot ')


def cannot_be_previewed(error: KubeError) -> bool:
    """Whether the refusal says nothing of the real run: something it needs is not there yet, or may not be asked."""
    if error.unreachable or error.not_found:
        return True
    text = error.message
    if error.status == 400:
        return "does not support dry run" in text
    passing = _RIGHTS.search(text) or "because it is being terminated" in text or "error looking up service" in text
    return error.status == 403 and bool(passing)


def refusal(error: KubeError, reference: Reference, urn: str, inputs: Properties) -> HeadgateError:
    """Return the error for a request that the API server refused."""
    message = masked(error.message, inputs)
    if error.status == 409 and "conflict" in message.lower():
        return _conflict(message, reference, urn)
    if error.reason == "NoKindMatch" or (error.not_found and "could not find the requested resource" in message):
        return no_such_kind(reference, urn)
    if error.unreachable:
        return HeadgateError(
            f"the API server stopped answering during the work on {reference}",
            where=urn,
            found=message,
            expected="an API server that answers; what was under way may or may not have happened",
            fix="run the update again: it recognises what it has made (`headgate sandbox status` shows the region)",
        )
    return HeadgateError(
        f"the API server refuses {reference}",
        where=urn,
        found=f"{error.reason or error.status}: {message}",
        fix=_advice(error),
    )


def general_refusal(error: KubeError, urn: str) -> HeadgateError:
    """Return the error for a request that was about no object in particular, such as discovery."""
    return HeadgateError(
        "the API server does not answer as it should",
        where=urn or None,
        found=f"{error.reason or error.status}: {error.message}",
        fix="see `headgate sandbox status`, then run the update again",
    )


def already_exists(reference: Reference, urn: str) -> HeadgateError:
    """Return the error for creating what somebody else has made."""
    return HeadgateError(
        f"{reference} already exists and this program did not make it",
        where=urn,
        found="an object of that name, managed by others",
        expected="no object of that name",
        fix=f"import it (`pulumi import` with ID {reference.id}), choose another name, or set the provider's "
        "upsertExistingObjects",
    )


def no_such_kind(reference: Reference, urn: str) -> HeadgateError:
    """Return the error for a kind that the cluster does not serve."""
    return HeadgateError(
        f"the cluster does not know the kind {reference.kind}",
        where=urn,
        found=f"no API of that name for {reference.id}",
        expected="a kind that the API server serves, or a CustomResourceDefinition for it",
        fix="correct apiVersion and kind, or make the resource depend on the CustomResourceDefinition",
    )


def _conflict(message: str, reference: Reference, urn: str) -> HeadgateError:
    return HeadgateError(
        f"server-side apply of {reference} conflicts with other field managers",
        where=urn,
        found=message,
        expected="fields that nobody else manages",
        fix=f'leave these fields out of the program, or take them over with the annotation {PATCH_FORCE}: "true"',
    )


def _advice(error: KubeError) -> str:
    text = error.message
    if "failed calling webhook" in text:
        return "the webhook's server must run before anything is written: see `headgate sandbox status`"
    if "denied the request" in text:
        return "change what the message names; the admission gate applies the same rules as `headgate check`"
    if error.not_found and "namespaces" in text:
        return "create the namespace first, and make this resource depend on it"
    return "correct the resource's inputs"
