"""Pipelines that approve: what the register takes, and how a token is asked for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import vouching
import yaml
from approving import MOMENT, SUBJECT, approver

from headgate.approval.document import Claims, shown, vouched
from headgate.approval.facts import facts
from headgate.approval.github import GitHubRun
from headgate.approver import register
from headgate.approver.pipelines import Issuer
from headgate.errors import HeadgateError
from headgate.policy.bundle import Bundle

pytestmark = pytest.mark.unit

CLAIMS = Claims(SUBJECT, "checks", "checks", MOMENT, MOMENT, MOMENT + 3600)


def written(folder: Path, **changes: Any) -> Path:
    """Write a register with a person, an issuer and a pipeline."""
    person = approver("amina", "security").model_dump(mode="json", exclude_none=True)
    document = {"approvers": [person], "issuers": [vouching.pinned()], "pipelines": [vouching.pipeline()], **changes}
    (folder / register.FILE).write_text(yaml.safe_dump(document))
    return folder


def test_the_rules_are_told_of_a_pipeline_with_the_keys_of_its_issuer(tmp_path: Path) -> None:
    """All that is needed to verify a token, and no address to fetch anything from."""
    keys = [vouching.published(), {**vouching.published("K0"), "until": "2026-01-31"}]
    issuers = [vouching.pinned(keys=keys, minutes=30)]
    told = facts(SUBJECT, [], Bundle(written(tmp_path, issuers=issuers)), applies=False, now=MOMENT)

    (found,) = told["pipelines"]
    public = {name: value for name, value in vouching.published().items() if name in ("kty", "n", "e", "alg")}
    jwks = [json.loads(key.pop("jwk")) for key in found["keys"]]
    assert jwks == [{**public, "kid": "K1"}, {**public, "kid": "K0"}]
    assert found == {
        "kid": f"checks+{hashlib.sha256(f'{vouching.ISSUER} {vouching.SUBJECT}'.encode()).hexdigest()[:8]}",
        "name": "checks",
        "person": "checks",
        "names": ["checks"],
        "roles": ["checks"],
        "issuer": vouching.ISSUER,
        "audience": vouching.AUDIENCE,
        "minutes": 30,
        "subject": vouching.SUBJECT,
        "claims": {},
        "keys": [{"kid": "K1"}, {"kid": "K0", "until": "2026-01-31"}],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"pipelines": [vouching.pipeline(subject="repo:example/*:ref:refs/heads/main")]},
        {"pipelines": [vouching.pipeline(subject="*")]},
        {"pipelines": [vouching.pipeline(subject="repo:example/platform:**")]},
        {"pipelines": [vouching.pipeline(subject="repo:example/platform:{a,b}")]},
        {"pipelines": [vouching.pipeline(subject="repo:example/platform")]},
        {"pipelines": [vouching.pipeline(claims={"workflow_ref": "*"})]},
        {"pipelines": [vouching.pipeline(issuer="https://token.eve.example.com")]},
        {"pipelines": [vouching.pipeline(name="amina")]},
        {"pipelines": [vouching.pipeline(), vouching.pipeline(subject="repo:example/other:environment:x")]},
        {"pipelines": [vouching.pipeline(roles=["security"])]},
        {"issuers": [vouching.pinned(), vouching.pinned()]},
        {"issuers": [vouching.pinned(keys=[])]},
        {"issuers": [vouching.pinned(keys=[vouching.published(), vouching.published()])]},
        {"issuers": [vouching.pinned(keys=[{**vouching.published(), "alg": "HS256"}])]},
        {"issuers": [vouching.pinned(keys=[{**vouching.published(), "kty": "oct"}])]},
        {"issuers": [vouching.pinned(keys=[{**vouching.published(), "n": "AQAB"}])]},
        {"issuers": [vouching.pinned(keys=[{**vouching.published(), "n": "?"}])]},
        {"issuers": [vouching.pinned(keys=[{**vouching.published(), "jku": "https://eve.example.com"}])]},
        {"issuers": [vouching.pinned(issuer="http://token.example.com")]},
        {"issuers": [vouching.pinned(audience="")]},
        {"issuers": [vouching.pinned(audience="headgate.example.com#sha256:0")]},
    ],
)
def test_a_register_in_which_one_could_pass_for_another_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """A wide subject, a name or role of a person, two keys of one name: nothing is judged by such a register."""
    with pytest.raises(HeadgateError):
        register.read(written(tmp_path, **changes))


@pytest.mark.parametrize(
    "subject",
    [
        "repo:example/platform:ref:refs/heads/*",
        "repo:example@12/platform@34:environment:prod*",
        "repo:example/platform:ref:refs/tags/v*.0",
        "repository_owner_id:65:repository_id:12",
    ],
)
def test_a_pattern_may_leave_open_what_comes_behind_the_repository(tmp_path: Path, subject: str) -> None:
    """Branches, tags and environments of one repository."""
    (found,) = register.read(written(tmp_path, pipelines=[vouching.pipeline(subject=subject)])).pipelines

    assert found.subject == subject


def test_a_token_is_asked_for_with_the_digest_of_the_approval() -> None:
    """Its audience is the approval, and the approval is behind it."""
    with vouching.running() as run:
        found = vouched(CLAIMS, GitHubRun.of(Issuer(**vouching.pinned()), run.variables))

    token, behind = found.split("~")
    audience = f"{vouching.AUDIENCE}#sha256:{hashlib.sha256(behind.encode()).hexdigest()}"
    assert run.asked == [(audience, f"Bearer {vouching.BEARER}")]
    assert json.loads(vouching.base64.urlsafe_b64decode(token.split(".")[1] + "=="))["aud"] == audience
    assert shown(found) == CLAIMS.as_json()


@pytest.mark.parametrize(
    ("status", "answer", "found"),
    [
        (403, "{}", "status 403, and no token"),
        (200, "{}", "status 200, and no token"),
        (200, '{"value": "a~b"}', "status 200, and no token"),
        (200, "[]", "AttributeError"),
        (200, "no", "JSONDecodeError"),
    ],
)
def test_an_answer_without_a_token_is_told_without_the_runs_secret(status: int, answer: str, found: str) -> None:
    """No approval comes of it."""
    with vouching.running() as run:
        run.status, run.answer = status, answer
        with pytest.raises(HeadgateError) as caught:
            vouched(CLAIMS, GitHubRun.of(Issuer(**vouching.pinned()), run.variables))

    assert (caught.value.found, vouching.BEARER in str(caught.value)) == (found, False)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}, "no job of GitHub Actions that may ask for a token"),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": ""}, "no job of GitHub Actions that may ask for a token"),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": "http://eve.example.com/"}, "an address that is not https: http"),
    ],
)
def test_outside_of_a_job_there_is_no_token(changes: dict[str, str], found: str) -> None:
    """The run's secret goes to no address that anybody on the way could read."""
    variables = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t", **changes}

    with pytest.raises(HeadgateError, match="GitHub gives no token for this run") as caught:
        GitHubRun.of(Issuer(**vouching.pinned()), variables)

    assert caught.value.found == found
