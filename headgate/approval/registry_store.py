"""Plans and approvals in an OCI registry: for people on several machines, who share no folder.

Each stack has a repository, `approvals/<stack>`. A plan is an artifact whose only content is the plan's form, so that
the same plan is the same artifact, whoever made it; approvals are artifacts that refer to it (OCI 1.1 referrers). What
is looked up has a tag of its own besides, one an approval: two people who approve at once write two tags, where a list
that both add to would lose one of them.

Plans and signatures that come from the registry are not believed: a plan has to have the digest that it was asked for
by, and signatures are judged where they are used. Who may push there can hide approvals, not make them; but they also
say which plan was applied last, since when authors are counted, as who writes to a shared folder does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from headgate.approval.document import Kind, Subject
from headgate.approval.store import (
    MOST_APPROVALS,
    PlanRecord,
    checked_key_name,
    checked_plan,
    checked_stack,
    damaged,
    is_plan,
)
from headgate.audit.canonical import canonical, parse
from headgate.model import Registry, RegistryError
from headgate.model.content import BytesContent
from headgate.model.descriptor import TITLE, Descriptor, manifest_of
from headgate.model.referrers import attach
from headgate.plan.digest import digest_of

PLAN = "application/vnd.headgate.plan.v1+json"
ABOUT = "application/vnd.headgate.plan.about.v1+json"
APPROVAL = "application/vnd.headgate.approval.v1+jws"
KEY = "application/vnd.headgate.plan.key.v1"
_NAMED = "dev.headgate.plan"
_KEY_TAG = "key"


@dataclass(frozen=True)
class RegistryStore:
    """`approvals/<stack>`: tags `plan-…`, `about-…`, `approval-…`, `latest`, `approved`, `applied` and `key`."""

    registry: Registry

    def where(self, stack: str) -> str:
        """Return where a stack's plans are."""
        return f"{self.registry.login_server}/{_repository(stack)}"

    def keep(self, record: PlanRecord) -> None:
        """Push form and record, and that this is the latest; nothing of a plan that nobody can approve.

        What breaks a rule that no approval lifts may be a secret in plain text: that stays on this machine.
        """
        if record.subject.verdict.get("outcome") != "pass":
            return
        stack, digest = record.subject.stack, record.subject.plan
        plan = self._put(stack, _tag("plan", digest), PLAN, canonical(record.form), named=digest)
        about = json.dumps(record.about(), sort_keys=True).encode()
        self._put(stack, _tag("about", digest), ABOUT, about, named=digest, subject=plan)
        for tag in ("latest", f"latest-{record.subject.action}"):
            self._point(stack, tag, plan.digest)

    def plan(self, stack: str, digest: str) -> PlanRecord | None:
        """Pull a plan; one whose form has another digest than it is asked for by is refused."""
        if self.registry.digest(_repository(stack), _tag("about", digest)) is None:
            return None
        try:
            form = parse(self._content(stack, _tag("plan", digest)))
            about = parse(self._content(stack, _tag("about", digest)))
            subject = Subject(**{**about.pop("subject"), "plan": digest, "stack": stack})
            record = PlanRecord(Subject(**{**asdict(subject), "authors": tuple(subject.authors)}), form, **about)
            found = digest_of(form)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise damaged(self.where(stack), str(error), "a plan of `headgate plan`") from error
        if found != digest:
            raise damaged(self.where(stack), f"a plan with the digest {found}", digest)
        return record

    def latest(self, stack: str, action: str = "") -> str | None:
        """Return what the tag names."""
        return self._named(stack, f"latest-{action}" if action else "latest")

    def approve(self, stack: str, digest: str, key_name: str, kind: Kind, token: str) -> None:
        """Push an approval that refers to the plan, under the tag of its key and kind."""
        title = f"{checked_key_name(key_name)}.{kind}.jws"
        plan = self.registry.manifest(_repository(stack), _tag("plan", digest)).descriptor
        made = attach(
            self.registry,
            _repository(stack),
            plan,
            APPROVAL,
            token.encode(),
            media_type="application/jose",
            title=title,
        )
        own = hashlib.sha256(title.encode()).hexdigest()[:16]
        self._point(stack, f"{_tag('approval', digest)}-{own}", made.digest)

    def approvals(self, stack: str, digest: str) -> tuple[str, ...]:
        """Pull every approval, in the order of their tags."""
        beginning = f"{_tag('approval', digest)}-"
        tags = [tag for tag in self.registry.tags(_repository(stack)) if tag.startswith(beginning)]
        if len(tags) > MOST_APPROVALS:
            raise damaged(self.where(stack), f"{len(tags)} approvals", f"at most {MOST_APPROVALS}")
        return tuple(self._content(stack, tag).decode(errors="replace").strip() for tag in tags)

    def applied(self, stack: str) -> str | None:
        """Return what the tag names."""
        return self._named(stack, "applied")

    def apply(self, stack: str, digest: str) -> None:
        """Move the tag."""
        self._point(stack, "applied", _tag("plan", digest))

    def approved(self, stack: str) -> str | None:
        """Return what the tag names."""
        return self._named(stack, "approved")

    def settle(self, stack: str, digest: str) -> None:
        """Move the tag."""
        self._point(stack, "approved", _tag("plan", digest))

    def sealed_key(self, stack: str) -> str | None:
        """Pull the key's ciphertext."""
        if self.registry.digest(_repository(stack), _KEY_TAG) is None:
            return None
        return self._content(stack, _KEY_TAG).decode(errors="replace").strip()

    def seal_key(self, stack: str, ciphertext: str) -> None:
        """Push it once: with another key, no approved plan would be known again."""
        if self.sealed_key(stack) is None:
            self._put(stack, _KEY_TAG, KEY, ciphertext.encode())

    def _put(
        self,
        stack: str,
        tag: str,
        artifact_type: str,
        content: bytes,
        *,
        named: str = "",
        subject: Descriptor | None = None,
    ) -> Descriptor:
        """Push an artifact of one layer under a tag."""
        repository = _repository(stack)
        layer = self.registry.push_content(repository, BytesContent(content), artifact_type, {TITLE: tag})
        document = manifest_of(
            self.registry.push_empty_config(repository),
            [layer],
            artifact_type=artifact_type,
            annotations={_NAMED: named} if named else {},
            subject=subject,
        )
        return self.registry.put_manifest(repository, document, tag=tag).descriptor

    def _point(self, stack: str, tag: str, reference: str) -> None:
        """Move a tag to an artifact that is there."""
        repository = _repository(stack)
        self.registry.put_manifest(repository, self.registry.manifest(repository, reference).document, tag=tag)

    def _named(self, stack: str, tag: str) -> str | None:
        """Return the plan that a tag leads to."""
        if self.registry.digest(_repository(stack), tag) is None:
            return None
        annotations = self.registry.manifest(_repository(stack), tag).document.get("annotations")
        found = annotations.get(_NAMED) if isinstance(annotations, Mapping) else None
        return found if is_plan(found) else None

    def _content(self, stack: str, reference: str) -> bytes:
        """Pull an artifact's layer, verified by its digest."""
        repository = _repository(stack)
        try:
            document = self.registry.manifest(repository, reference).document
            return self.registry.blobs.read(repository, Descriptor.from_json(document["layers"][0], repository))
        except (KeyError, IndexError, TypeError) as error:
            raise RegistryError("an artifact has no content", where=f"{self.where(stack)}:{reference}") from error


def _repository(stack: str) -> str:
    return f"approvals/{checked_stack(stack)}"


def _tag(kind: str, digest: str) -> str:
    return f"{kind}-{checked_plan(digest).partition(':')[2]}"
