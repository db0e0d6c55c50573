"""What `headgate drill failover` does: find the platform, undo what a killed drill left, drill, record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.cli.drill_platform import Azure, Question, SandboxRegions, asking, outage_left, outage_of
from headgate.cli.sandbox_ask import request_of
from headgate.drill import ledger as recording
from headgate.drill.failover import Course, Terms, failover, require_well
from headgate.drill.interrupts import interruptible
from headgate.drill.under_way import Noted, UnderWay
from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir

Say = Callable[[str], None]
KILLED = "the drill was killed, and undone later"


@dataclass(frozen=True)
class DrilledPlatform:
    """A platform that runs, and what a drill of it is held against."""

    stack: str
    endpoint: str
    regions: SandboxRegions
    objective: float


def drill_failover(
    stack: str, *, region: str | None, by: str, model: str, file: Path | None, ledger: Path | None, say: Say
) -> dict[str, Any]:
    """Drill; return what is recorded."""
    where = recorded_in(ledger)
    question = Question(model, request_of(model, file))
    under_way = drill_of(stack)
    with under_way.alone(), interruptible():
        if back := undo_left(under_way, where):
            # The edge may not have noticed yet: to take another region out now would be an outage, not a drill.
            raise HeadgateError(
                "a drill before this one was killed; its region is back, and nothing else was done",
                where=stack,
                found=f"{back} was left out of service",
                fix=f"headgate drill failover {stack}, once {back} gets its requests again",
            )
        platform = _platform(stack, question)
        with asking(platform.endpoint, question, drilled_sandbox()) as asker:
            course = Course(region or _serving(platform, question), Terms(platform.objective))
            require_well(asker, platform.regions, course)
            told = {
                "region": course.region,
                "by": by,
                "model": model,
                "objective": {"recovery_seconds": platform.objective, "lost_entries": 0},
            }
            begun = recording.begin(where, stack, told)
            outage = Noted(outage_of(by, course.region, platform.regions), under_way)
            try:
                failover(asker, platform.regions, outage, course, say)
            except BaseException as error:
                course.faults.append(_why(error))
                raise
            finally:
                told |= _ended(begun, course)
                recording.end(where, stack, course.succeeded, told)
    return {"stack": stack, "result": recording.SUCCEEDED if course.succeeded else recording.FAILED, **told}


def drilled_sandbox() -> StateDir:
    """Return the sandbox that is drilled."""
    return StateDir.from_environment()


def drill_of(stack: str) -> UnderWay:
    """Return the drill of a stack."""
    return UnderWay(drilled_sandbox().root / "drills", stack)


def recorded_in(ledger: Path | None) -> Path:
    """Return the ledger that drills are recorded in; one that is not recorded proves nothing."""
    from headgate.gate.record import configured_ledger

    found = ledger or configured_ledger()
    if found is None:
        raise HeadgateError(
            "a drill is recorded in a ledger, and there is none",
            expected="the ledger that the gates are told of",
            fix="headgate sandbox up, or name one with --ledger (HEADGATE_LEDGER)",
        )
    return found


def undo_left(under_way: UnderWay, ledger: Path) -> str:
    """Bring back what a killed drill left out, and record that it failed; return the region."""
    left = under_way.left()
    if left is None:
        return ""
    Noted(outage_left(left, drilled_sandbox()), under_way).end()
    told = {"region": left["region"], "by": left["by"], "faults": [KILLED]}
    recording.end(ledger, under_way.stack, succeeded=False, data=told)
    return str(left["region"])


def _platform(stack: str, question: Question) -> DrilledPlatform:
    """Read what a platform's stack exports, and what its rules ask for."""
    from headgate import engine

    state = drilled_sandbox()
    exported = engine.outputs(stack, state=state)
    gateways, summary = exported.get("gateways"), exported.get("summary")
    if not isinstance(gateways, Mapping) or not isinstance(summary, Mapping) or "endpoint" not in exported:
        raise HeadgateError(
            "a failover is one of a platform",
            where=stack,
            found="a stack that exports no gateways",
            expected="the stack of a platform, such as platform-sandbox",
        )
    regions = SandboxRegions(
        state,
        Azure(state),
        str(summary["host"]),
        {str(name): str(address) for name, address in gateways.items()},
        question,
    )
    return DrilledPlatform(stack, str(exported["endpoint"]), regions, objective_of(stack))


def objective_of(stack: str) -> float:
    """Return within how many seconds others have to answer, as the rules that count for it say."""
    from headgate.approval.policy import parameters_of
    from headgate.cli.check_rules import trusted_rules
    from headgate.stack import find_stacks

    with trusted_rules(find_stacks().parent, None) as bundle:
        return float(parameters_of(bundle, stack)["resilience"]["recovery_seconds"])


def _serving(platform: DrilledPlatform, question: Question) -> str:
    """Return the region that answers now: to take out another shows nothing."""
    from headgate.cli.front_door import require_answer
    from headgate.sandbox.smoke import smoke

    url = f"https://{platform.endpoint.removeprefix('https://')}"
    answer = smoke(url, question.model, question.request, state=drilled_sandbox())
    require_answer(answer)
    return answer.region


def _why(error: BaseException) -> str:
    """Return what ended a drill."""
    if isinstance(error, HeadgateError):
        return f"{error.what}: {error.found or error.where or ''}"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else repr(error)


def _ended(begun: recording.Begun, course: Course) -> dict[str, Any]:
    """Return the figures of a drill, the ledger's among them."""
    lost, wrong = begun.lost()
    if wrong:
        course.faults.append(f"entries of the ledger are missing: {wrong}")
    return {**course.figures(), "lost_entries": lost, "faults": course.faults}
