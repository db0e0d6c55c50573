"""What no stack says alone: a team's settings against its platform's, and the teams of one environment together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.stack.analysis_checks import analysis_with_platform
from headgate.stack.checks import Finding
from headgate.stack.document import Origin
from headgate.stack.faults import StackError, raise_all
from headgate.stack.history import ever_had
from headgate.stack.identity import Environment, StackName
from headgate.stack.load import LoadedStack, load_stack
from headgate.stack.managed_checks import managed_with_platform
from headgate.stack.released import DIGEST, Setting, settings_of, shown
from headgate.stack.serving_checks import serving_with_platform
from headgate.stack.values import DataClass
from headgate.stack.workload_checks import SERVED, workloads_with_platform
from headgate.stack.written import list_stacks


def check_with_platform(team: LoadedStack, platform: LoadedStack) -> list[HeadgateError]:
    """Return what a team asks for and its platform does not give."""
    return [finding.at(lambda path: team.origins.get(path, _first(team))) for finding in _findings(team, platform)]


def _findings(team: LoadedStack, platform: LoadedStack) -> Iterator[Finding]:
    order = list(DataClass)
    asked, given = team.team, platform.platform
    if order.index(asked.data_class) > order.index(given.data_class):
        yield Finding(
            ("data_class",),
            f"{platform.name} does not carry {asked.data_class} data",
            found=str(asked.data_class),
            expected=f"{given.data_class} or less (data_class of {platform.name})",
            fix="lower the team's data_class, or have the platform's raised",
        )
    yield from workloads_with_platform(asked, str(platform.name), given)
    yield from serving_with_platform(asked, str(platform.name), given)
    yield from managed_with_platform(asked, str(platform.name), given)
    yield from analysis_with_platform(asked, platform.name, given)
    for index, model in enumerate(asked.models):
        if model.resources.gpus and not given.cluster.has_gpus:
            yield Finding(
                ("models", index, "resources", "gpus"),
                f"{platform.name} has no GPU pool",
                found=f"{model.resources.gpus} GPUs for {model.name}",
                expected="gpus: 0, or a platform with cluster.pools.gpu",
                fix="ask the platform owner for a GPU pool",
            )


def validate_stacks(names: Iterable[StackName], stacks: Path, history: Path | None = None) -> list[LoadedStack]:
    """Load stacks, each with its platform and all with each other; raise everything that is wrong at once.

    `history` is the folder in whose commits stand earlier releases, where `stacks` is a copy of it.
    """
    loaded: list[LoadedStack] = []
    errors: list[HeadgateError] = []
    known = list_stacks(stacks)
    for name in names:
        try:
            stack = load_stack(name, stacks)
            if not name.is_platform and name.platform in known:
                errors += check_with_platform(stack, load_stack(name.platform, stacks))
            errors += _unproven(stack, known, stacks, history or stacks)
            loaded.append(stack)
        except StackError as error:
            errors += error.errors
        except HeadgateError as error:
            errors.append(error)
    errors += shared_paths(loaded)
    raise_all(_once(errors))
    return loaded


def _unproven(stack: LoadedStack, known: list[StackName], stacks: Path, history: Path) -> Iterator[HeadgateError]:
    """Yield each digest of production that staging does not have, and never had: it may be a release ahead."""
    before = stack.name.proven_by
    if stack.name.environment is not Environment.PROD or before is None:
        return
    asked: dict[str, Setting] = {}
    for setting in settings_of(stack.config):
        for digest in _digests(setting):
            asked.setdefault(digest, setting)
    if not asked:
        return
    proven = {
        digest
        for setting in (settings_of(load_stack(before, stacks).config) if before in known else ())
        for digest in _digests(setting)
    }
    for digest, setting in asked.items():
        if digest not in proven and not (before in known and ever_had(before, digest, history)):
            yield HeadgateError(
                f"`{shown(setting.path, setting.place)}` is not proven in {before.environment}",
                where=str(stack.origins.get(setting.place, _first(stack))),
                found=digest,
                expected=f"a digest that {before} has, or had in a commit of this clone"
                if before in known
                else f"a stack {before}, which is not there",
                fix=f"headgate release promote {stack.name.owner} {before.environment} {stack.name.environment}",
            )


def _digests(setting: Setting) -> list[str]:
    return DIGEST.findall(setting.value) if isinstance(setting.value, str) else []


def shared_paths(loaded: list[LoadedStack]) -> Iterator[HeadgateError]:
    """Yield models that would answer at one path: names are one space in each environment."""
    seen: dict[tuple[str, str], StackName] = {}
    for stack in loaded:
        if stack.name.is_platform:
            continue
        served = [(section, *row) for section in SERVED for row in enumerate(getattr(stack.team, section))]
        for section, index, model in served:
            other = seen.setdefault((stack.name.environment, model.name), stack.name)
            if other != stack.name:
                yield HeadgateError(
                    f"model `{model.name}` is another team's too",
                    where=str(stack.origins[(section, index, "name")]),
                    found=f"/v2/models/{model.name} in {other} and {stack.name}",
                    expected="each model name once in an environment",
                    fix="rename one of the two",
                )


def _first(stack: LoadedStack) -> Origin:
    """Return the stack's file, for a value that no line of it sets."""
    return Origin(f"stacks/{stack.name.file_name}", 1)


def _once(errors: list[HeadgateError]) -> list[HeadgateError]:
    """Drop repetitions: one bad platform would be told once for each of its teams."""
    seen: dict[str, HeadgateError] = {}
    for error in errors:
        seen.setdefault(str(error), error)
    return list(seen.values())
