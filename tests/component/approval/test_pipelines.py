"""`headgate approve` in a job of GitHub Actions: what Python signs OPA verifies, and what is recorded."""

from __future__ import annotations

import time
from typing import Any

import pytest
import vouching
import yaml

from headgate.errors import HeadgateError

from .conftest import STACK, Waiting, git

pytestmark = pytest.mark.component


def install(waiting: Waiting, pipelines: list[dict[str, Any]], **issuer: Any) -> None:
    """Have the stack ask for its checks as well, and commit who they are."""
    path = waiting.project / "policies" / "approvers.yaml"
    document = yaml.safe_load(path.read_text()) | {"issuers": [vouching.pinned(**issuer)], "pipelines": pipelines}
    path.write_text(yaml.safe_dump(document))
    parameters = waiting.project / "policies" / "parameters" / "prod.yaml"
    asked = yaml.safe_load(parameters.read_text())
    asked["approval"] |= {"roles": ["platform", "security", "checks"], "each": ["security", "checks"]}
    parameters.write_text(yaml.safe_dump(asked))
    git(waiting.project, "commit", "--quiet", "--all", "--message=checks")


def test_a_pipeline_approves_beside_two_people_and_is_none(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one person it is not enough, without it two people are not; the ledger has its token."""
    record = waiting.keep()
    install(waiting, [vouching.pipeline()])
    with vouching.running() as run:
        for name, value in run.variables.items():
            monkeypatch.setenv(name, value)
        codes = [waiting.approve("amina")[0], waiting.run("approve", "--as", "checks", "--yes")[0]]
    codes.append(waiting.approve("badr")[0])
    code, listed = waiting.run("approvals")

    assert (codes, code, listed["people"]) == ([3, 3, 0], 0, ["amina", "badr"])
    assert sorted((one["approver"], one["role"], one["counts"]) for one in listed["approvals"]) == [
        ("amina", "security", True),
        ("badr", "platform", True),
        ("checks", "checks", True),
    ]
    (entry,) = [entry["data"] for entry in waiting.entries() if entry["data"]["approver"] == "checks"]
    assert (entry["plan"], entry["signature"]) == (
        record.subject.plan,
        next(one for one in waiting.store.approvals(STACK, record.subject.plan) if "~" in one),
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            {"sub": "repo:example/platform:environment:staging"},
            f"subject repo:example/platform:environment:staging is not pipeline checks, which is {vouching.SUBJECT}",
        ),
        ({"iat": int(time.time()) - 3700}, "counts for 60 minutes"),
    ],
)
def test_the_word_for_another_run_or_of_another_time_is_not_kept(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], found: str
) -> None:
    """It is told at once, and nothing is recorded."""
    record = waiting.keep()
    install(waiting, [vouching.pipeline()])
    with vouching.running() as run:
        run.changes = said
        for name, value in run.variables.items():
            monkeypatch.setenv(name, value)
        code, error = waiting.run("approve", "--as", "checks", "--yes")

    assert isinstance(error, HeadgateError)
    assert (code, str(error.found).endswith(found)) == (2, True)
    assert waiting.store.approvals(STACK, record.subject.plan) == ()
    assert not (waiting.keys.parent / "ledger").exists()
