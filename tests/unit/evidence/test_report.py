"""The report: who deployed what, by whose approval, under which rules; and a bundle that proves it by itself."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.audit import Ledger, LedgerReader
from headgate.audit.index import Index
from headgate.audit.note import Signer
from headgate.cli.main import main
from headgate.evidence import bundle
from headgate.evidence.answer import answer
from headgate.evidence.collect import Collector
from headgate.evidence.page import page
from headgate.evidence.question import Question

pytestmark = pytest.mark.unit
OLD, NEW, OTHER = ("aa" * 32, "bb" * 32, "cc" * 32)
PLAN = f"sha256:{'dd' * 32}"
POLICY = f"sha256:{'ee' * 32}"
CONTROLS = {"HG-SC-001": ("ISO A.8.19", "ISO A.8.32"), "HG-SV-001": ("ISO A.8.6",), "HG-NW-001": ("ISO A.8.20",)}


def decision(verdict: str, results: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a gate's decision on fraud-prod."""
    return {
        "verdict": verdict,
        "gate": "P",
        "stack": "fraud-prod",
        "bundle": POLICY,
        "rules": ["HG-SC-001", "HG-SV-001"],
        "results": results or [],
        "waivers": [{"id": "W-1", "became": "used"}, {"id": "W-2", "became": "unused"}],
    }


# kind, actor, subject, data; a day apart from 1 January 2026.
STORY: list[tuple[str, str, str, Any]] = [
    ("model", "dana", "score@3.2.0", {"action": "promote", "digest": f"sha256:{OLD}", "to": "production"}),
    ("model", "dana", "score@3.2.1", {"action": "push", "digest": f"sha256:{NEW}"}),
    ("deployment", "ci", "fraud-prod", {"digests": [f"sha256:{OLD}"], "resources": 9}),
    ("decision", "ci", "fraud-prod", decision("fail", [{"rule": "HG-SC-001", "outcome": "fail"}])),
    ("plan", "ci", "fraud-prod", {"plan": PLAN, "commit": "abc"}),
    ("decision", "ci", "fraud-prod", decision("pass", [{"rule": "HG-SV-001", "outcome": "waived"}])),
    ("approval", "omar", "fraud-prod", {"plan": PLAN, "approver": "omar", "role": "owner"}),
    ("decision", "ci", "other-dev", {"verdict": "pass", "stack": "other-dev"}),
    ("deployment", "ci", "fraud-prod", {"digests": [f"sha256:{NEW}"], "plan": PLAN, "changes": {"update": 1}}),
    (
        "drill",
        "oncall",
        "fraud-prod",
        {"drill": "failover", "result": "succeeded", "recovery_seconds": 17.2, "faults": []},
    ),
    ("deployment", "eve", "other-dev", {"digests": [f"sha256:{OTHER}"]}),
    ("decision", "ci", "fraud-prod", decision("fail", [{"rule": "HG-SC-001", "outcome": "fail"}])),
    ("kubernetes", "system", "x", {"name": "fraud-prod"}),
    ("decision", "opa", "headgate/decision", {"result": True, "padding": "y" * 40_000}),
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a ledger with the story."""
    root = tmp_path_factory.mktemp("evidence") / "l"
    with Ledger(root) as opened:
        opened.append_documents(
            [
                {"kind": kind, "time": f"2026-01-{day:02}T00:00:00Z", "actor": actor, "subject": subject, "data": data}
                for day, (kind, actor, subject, data) in enumerate(STORY, 1)
            ]
        )
    return root


def ask(ledger: Path, **asked: str) -> dict[str, Any]:
    """Answer a question, which must be the same with the index and without."""
    question, reader = Question(**asked), LedgerReader(ledger)
    without = Collector(reader, question, None).collect()
    with Index(reader) as index:
        index.update()
        assert Collector(reader, question, index).collect() == without
    return answer(question, without, CONTROLS)


def test_a_model_is_answered_for_from_push_to_deployment(ledger: Path) -> None:
    """The whole answer: the deployment that introduced it, with decisions, approval, policy version and entries."""
    found = ask(ledger, model="score@3.2.1")
    common = {"gate": "P", "actor": "ci", "policy": POLICY, "waivers": ["W-1"]}
    day = "2026-01-{:02}T00:00:00Z".format

    assert found["deployments"] == [
        {
            "entry": 8,
            "time": day(9),
            "actor": "ci",
            "stack": "fraud-prod",
            "models": ["score@3.2.1"],
            "added": [f"sha256:{NEW}"],
            "removed": [f"sha256:{OLD}"],
            "policy": POLICY,
            "plan": PLAN,
            "decisions": [
                {"entry": 3, "time": day(4), "verdict": "fail", **common},
                {"entry": 5, "time": day(6), "verdict": "pass", **common},
            ],
            "approvals": [
                {
                    "entry": 6,
                    "time": day(7),
                    "actor": "omar",
                    "approver": "omar",
                    "role": "owner",
                    "plan": PLAN,
                    "of_this_plan": True,
                }
            ],
            "plans": [{"entry": 4, "time": day(5), "actor": "ci", "plan": PLAN, "commit": "abc"}],
            "missing": [],
            "changes": {"update": 1},
            "introduces": True,
            "judged_by": ["HG-SC-001", "HG-SV-001"],
        }
    ]
    assert [one["entry"] for one in found["models"]] == [1]
    assert [(one["entry"], one["failed"]) for one in found["not_deployed"]] == [(11, ["HG-SC-001"])]
    assert found["events"] == [
        {"entry": 9, "time": day(10), "actor": "oncall", "kind": "drill", "subject": "fraud-prod"}
        | {"drill": "failover", "result": "succeeded", "recovery_seconds": 17.2}
    ]


def test_what_was_not_recorded_is_told_as_missing(ledger: Path) -> None:
    """A deployment that no decision and no approval came before."""
    (found,) = ask(ledger, stack="other-dev")["deployments"]

    assert found["missing"] == ["no approval was recorded since the deployment before it"]
    (first, _) = ask(ledger, stack="fraud-prod")["deployments"]
    assert first["missing"] == [
        "no decision of a gate was recorded since the deployment before it",
        "no approval was recorded since the deployment before it",
    ]


def test_an_approval_of_another_plan_is_none(tmp_path: Path) -> None:
    """It is shown, as what it is."""
    with Ledger(tmp_path / "l") as opened:
        for kind, data in (
            ("decision", decision("approvals missing")),
            ("approval", {"plan": "sha256:" + "11" * 32}),
            ("deployment", {"plan": PLAN, "digests": []}),
        ):
            opened.append_documents(
                [{"kind": kind, "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "fraud-prod", "data": data}]
            )
    (found,) = ask(tmp_path / "l")["deployments"]

    assert [one["of_this_plan"] for one in found["approvals"]] == [False]
    assert found["missing"] == [
        "the last decision before it is 'approvals missing', not 'pass'",
        "no approval is of the plan that was deployed",
    ]


def test_an_approval_of_the_deployed_plan_counts_whenever_it_was_given(tmp_path: Path) -> None:
    """A plan keeps its approvals over a deployment of something else; a bundle of it holds, too."""
    with Ledger(tmp_path / "l") as opened:
        for day, (kind, data) in enumerate(
            (
                ("approval", {"plan": PLAN, "approver": "omar"}),
                ("deployment", {"digests": []}),
                ("decision", decision("pass")),
                ("deployment", {"plan": PLAN, "digests": []}),
            ),
            1,
        ):
            time = f"2026-01-{day:02}T00:00:00Z"
            opened.append_documents([{"kind": kind, "time": time, "actor": "a", "subject": "fraud-prod", "data": data}])
    (found,) = ask(tmp_path / "l", since="2026-01-04")["deployments"]

    assert ([(one["entry"], one["of_this_plan"]) for one in found["approvals"]], found["missing"]) == ([(0, True)], [])
    text = bundle.text_of(bundle_of(tmp_path / "l", since="2026-01-04"))
    assert len(bundle.verify(text, LedgerReader(tmp_path / "l").verifier).report["deployments"]) == 1


def test_time_bounds_what_is_shown_and_not_what_it_rests_on(ledger: Path) -> None:
    """A deployment after `since` keeps the approval before it."""
    found = ask(ledger, stack="fraud-prod", since="2026-01-08")["deployments"]

    assert [(one["entry"], [each["entry"] for each in one["approvals"]]) for one in found] == [(8, [6])]
    assert ask(ledger, stack="fraud-prod", since="2026-02-01")["deployments"] == []


def test_a_control_is_covered_by_its_rules_decisions(ledger: Path) -> None:
    """How often it was judged, violated and waived; a control that nothing judged is there, too."""
    found = ask(ledger, stack="fraud-prod")["controls"]

    assert found == [
        {
            "control": "ISO A.8.6",
            "rules": ["HG-SV-001"],
            "decisions": 3,
            "violated": 0,
            "waived": 1,
            "last_decision": 11,
        },
        {
            "control": "ISO A.8.19",
            "rules": ["HG-SC-001"],
            "decisions": 3,
            "violated": 2,
            "waived": 0,
            "last_decision": 11,
        },
        {
            "control": "ISO A.8.20",
            "rules": ["HG-NW-001"],
            "decisions": 0,
            "violated": 0,
            "waived": 0,
            "last_decision": None,
        },
        {
            "control": "ISO A.8.32",
            "rules": ["HG-SC-001"],
            "decisions": 3,
            "violated": 2,
            "waived": 0,
            "last_decision": 11,
        },
    ]
    assert [one["control"] for one in ask(ledger, control="A.8.6")["controls"]] == ["ISO A.8.6"]


def bundle_of(ledger: Path, **asked: str) -> dict[str, Any]:
    """Build the bundle of an answer."""
    reader, question = LedgerReader(ledger), Question(**asked)
    return bundle.build(reader, question, Collector(reader, question, None).collect(), CONTROLS)


def test_a_bundle_verifies_with_nothing_but_the_key(ledger: Path) -> None:
    """Its report is the answer."""
    text = bundle.text_of(bundle_of(ledger, model="score@3.2.1"))
    found = bundle.verify(text, LedgerReader(ledger).verifier)

    assert found.report == ask(ledger, model="score@3.2.1")
    assert found.checkpoint == LedgerReader(ledger).checkpoint
    with pytest.raises(ValueError, match="not signed by"):
        bundle.verify(text, Signer.generate("example.com/other").verifier)


def test_a_payload_that_is_kept_apart_comes_along(tmp_path: Path) -> None:
    """And is checked by its hash."""
    data = {**decision("pass"), "padding": "y" * 40_000}
    with Ledger(tmp_path / "l") as opened:
        opened.append_documents(
            [{"kind": "decision", "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "fraud-prod", "data": data}]
        )
        opened.append_documents(
            [{"kind": "deployment", "time": "2026-01-02T00:00:00Z", "actor": "a", "subject": "fraud-prod", "data": {}}]
        )
    verifier, found = LedgerReader(tmp_path / "l").verifier, bundle_of(tmp_path / "l")

    assert len(bundle.verify(bundle.text_of(found), verifier).report["deployments"][0]["decisions"]) == 1
    found["entries"][0]["payload"] = base64.b64encode(b"{}").decode()
    with pytest.raises(ValueError, match="entry 0: its payload does not match its hash"):
        bundle.verify(bundle.text_of(found), verifier)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([] if isinstance(value, dict | list) else [path]), *(p for k, v in items for p in leaves(v, (*path, k)))]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_changed_in_a_bundle_it_does_not_verify(ledger: Path, data: st.DataObject) -> None:
    """Any value of it: entries, proofs, checkpoint, question, controls, report."""
    found = bundle_of(ledger, model="score@3.2.1")
    place = found
    *way, last = data.draw(st.sampled_from(leaves(found)))
    for step in way:
        place = place[step]
    value = place[last]
    place[last] = f"{value[:-1]}~" if isinstance(value, str) else 7 if value != 7 else 8

    with pytest.raises(ValueError):  # noqa: PT011  which of them fails first depends on what was changed
        bundle.verify(bundle.text_of(found), LedgerReader(ledger).verifier)


def test_entries_left_out_of_a_bundle_change_its_report(ledger: Path) -> None:
    """So that a report can't be kept while the evidence for it goes."""
    found = bundle_of(ledger, model="score@3.2.1")
    del found["entries"][1]

    with pytest.raises(ValueError, match="the report is not the one"):
        bundle.verify(bundle.text_of(found), LedgerReader(ledger).verifier)


def test_a_page_shows_the_answer_and_runs_nothing(tmp_path: Path) -> None:
    """What entries say is text, whatever they say."""
    with Ledger(tmp_path / "l") as opened:
        opened.append_documents(
            [
                {
                    "kind": "deployment",
                    "time": "2026-01-01T00:00:00Z",
                    "actor": "<script>alert(1)</script>",
                    "subject": "fraud-prod",
                    "data": {"plan": "<img src=x>"},
                }
            ]
        )
    shown = page(ask(tmp_path / "l"), {"origin": "example.com/<b>"})

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert [one for one in ("<script", "<img", "<b>") if one in shown] == []
    assert "no decision of a gate was recorded" in shown


def test_entries_of_another_form_break_no_report(tmp_path: Path) -> None:
    """A log holds what it was given: fields of other types are as good as none."""
    wrong = [None, 7, "x", [1], {"digests": 5, "rules": 5, "results": [1], "verdict": [1], "plan": {}, "stack": 1}]
    with Ledger(tmp_path / "l") as opened:
        opened.append([b"no envelope"])
        for kind in ("deployment", "decision", "approval", "plan", "model", "drill"):
            opened.append_documents(
                [
                    {"kind": kind, "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "fraud-prod", "data": data}
                    for data in wrong
                ]
            )

    assert len(ask(tmp_path / "l")["deployments"]) == len(wrong)


def run(*arguments: str) -> int:
    """Run the command line and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", *arguments])
    return int(ended.value.code or 0)


def test_the_command_writes_page_and_bundle(ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the rules of the checkout; the bundle then verifies, and one of another ledger's key does not."""
    html, packed, key = tmp_path / "r.html", tmp_path / "r.json", str(ledger / "key.pub")
    assert (
        run("report", "--ledger", str(ledger), "--stack", "fraud-prod", "--html", str(html), "--bundle", str(packed))
        == 0
    )
    assert "2 deployments, 1 decisions that none followed" in capsys.readouterr().out
    assert run("verify", "--bundle", str(packed), "--key", key) == 0
    assert "2 deployments" in capsys.readouterr().out
    changed = json.loads(packed.read_text())
    changed["report"]["deployments"][1]["actor"] = "nobody"
    packed.write_text(json.dumps(changed))

    assert run("verify", "--bundle", str(packed), "--key", key) == 1
    assert run("verify", "--bundle", str(packed)) == 2
    assert html.read_text().startswith("<!doctype html>")
    # On a telephone: letters of a readable size, and tables that scroll by themselves.
    assert '<meta name=viewport content="width=device-width, initial-scale=1">' in html.read_text()
    assert '<div class="wide"><table><thead><tr><th>decisions: entry</th>' in html.read_text()
    assert "<td><time>2026-01-04T00:00:00Z</time></td>" in html.read_text()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--control", "A.99"], "no rule names this control"),
        (["--since", "lately"], "the time can't be read"),
        (["--model", "none@1.0.0"], "the ledger knows no such model"),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    ledger: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], what: str
) -> None:
    """Rather than answered with nothing, which would read as a clean record."""
    assert run("report", "--ledger", str(ledger), *arguments) == 2
    assert what in capsys.readouterr().err


@pytest.mark.parametrize("odd", [None, 7, True, "x", [1], [None], ["x"], [{}], {"a": 1}, {"a": [1]}])
def test_an_update_of_another_form_is_shown_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], odd: Any
) -> None:
    """As text, as a page and as data: one entry ends nobody's report."""
    names = ("counts", "errors", "part", "parts", "resources")
    events: list[tuple[str, dict[str, Any]]] = [
        *(("operations", {"action": "update", "result": "failed", name: odd}) for name in names),
        ("deployment", {"digests": [f"sha256:{NEW}"]}),
        ("operations", {"parts": 2}),
        ("model", {"digest": f"sha256:{NEW}", "approver": "omar"}),
    ]
    with Ledger(tmp_path / "l") as opened:
        opened.append_documents(
            {"kind": kind, "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "fraud-prod", "data": data}
            for kind, data in events
        )

    for more in ([], ["--html", str(tmp_path / "page.html")], ["--json"]):
        assert run("report", "--ledger", str(tmp_path / "l"), *more) == 0, capsys.readouterr().err
    assert "<td>omar</td>" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("controls", {"HG-SC-001": [None]}),
        ("controls", {"HG-SC-001": [[]]}),
        ("mapped", -1),
        ("mapped", "x"),
        ("mapped", [{}]),
        ("asked", {"since": 5}),
    ],
)
def test_a_bundle_of_another_form_does_not_verify(ledger: Path, name: str, odd: Any) -> None:
    """Whoever made it: it is told, and is no defect of who reads it."""
    text = bundle.text_of(bundle_of(ledger) | {name: odd})

    with pytest.raises(ValueError, match="it is not complete"):
        bundle.verify(text, LedgerReader(ledger).verifier)
