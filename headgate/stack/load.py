"""Loads a stack: base → environment → the stack's own file, checked, each value with its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from headgate.errors import HeadgateError
from headgate.stack.checks import check_platform, check_team
from headgate.stack.document import Document, KeyPath, Origin, read_document
from headgate.stack.folder import find_stacks
from headgate.stack.identity import StackName
from headgate.stack.layers import Layered, merge_layers
from headgate.stack.platform import PlatformStack
from headgate.stack.problems import dotted, from_validation, raise_all
from headgate.stack.team import TeamStack

PROJECT = "headgate"
# What Pulumi itself keeps at the top of a stack file.
PULUMI_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment")
# Single settings beside the structured one, read by infra/.
SECRET_KEYS = ("registryReader", "deadManToken", "retrainingToken")
SIMPLE_KEYS = ("commit", "change", *SECRET_KEYS)


@dataclass(frozen=True)
class LoadedStack:
    """A stack's settings, checked, and where each came from."""

    name: StackName
    config: PlatformStack | TeamStack
    origins: Mapping[KeyPath, Origin]
    values: Mapping[str, Any]
    objectives: tuple[Mapping[str, Any], ...] = ()
    """A team's own objectives, as OpenSLO has them."""

    @property
    def platform(self) -> PlatformStack:
        """The settings of a platform stack."""
        if not isinstance(self.config, PlatformStack):
            raise HeadgateError("this is a team's stack", found=str(self.name), expected=str(self.name.platform))
        return self.config

    @property
    def team(self) -> TeamStack:
        """The settings of a team's stack."""
        if not isinstance(self.config, TeamStack):
            raise HeadgateError("this is the platform's stack", found=str(self.name), expected="a team's stack")
        return self.config


def list_stacks(stacks: Path) -> list[StackName]:
    """Return the names of all stacks that have a file, platforms first."""
    names = [
        StackName.parse(path.name.removeprefix("Pulumi.").removesuffix(".yaml"))
        for path in stacks.glob("Pulumi.*.yaml")
    ]
    return sorted(names, key=lambda name: (not name.is_platform, str(name)))


def load_stack(
    name: str | StackName, stacks: Path | None = None, settings: Mapping[str, Any] | None = None
) -> LoadedStack:
    """Load and check one stack.

    `settings` is what Pulumi says the stack's own layer is (`pulumi.Config`); it wins over the file where they differ,
    as after `pulumi up --config`.
    """
    parsed = StackName.parse(name) if isinstance(name, str) else name
    folder = stacks or find_stacks()
    layered = merge_layers(_layers(parsed, folder, settings))
    return _with_objectives(_checked(parsed, layered), folder)


def given(name: StackName, folder: Path) -> Mapping[str, Any]:
    """Return what the defaults give a stack before its own file says anything; the stack need not exist."""
    files = (folder / "defaults" / f"{layer}.yaml" for layer in ("base", name.environment))
    return merge_layers(_defaults(path, folder, name.section) for path in files).value


def _layers(name: StackName, folder: Path, settings: Mapping[str, Any] | None) -> list[Document]:
    """Return the layers, weakest first; each holds only this stack's section."""
    layers = [
        _defaults(folder / "defaults" / f"{layer}.yaml", folder, name.section) for layer in ("base", name.environment)
    ]
    path = folder / name.file_name
    if not path.exists():
        raise _no_such_stack(name, folder)
    own = _own(read_document(path, _shown(path, folder)), name)
    layers.append(own)
    if settings is not None and dict(settings) != own.value:
        layers[-1] = Document(own.file, dict(settings), {p: n for p, n in own.lines.items() if _same(own, settings, p)})
    return layers


def _same(own: Document, settings: Mapping[str, Any], path: KeyPath) -> bool:
    """Whether the file and Pulumi agree on a value, so that the file's line explains it."""
    left: Any = own.value
    right: Any = settings
    for part in path:
        try:
            left, right = left[part], right[part]
        except (KeyError, IndexError, TypeError):
            return False
    return bool(left == right)


def _defaults(path: Path, folder: Path, section: str) -> Document:
    """Read one defaults file's section; a layer that has none is empty."""
    if not path.exists():
        return Document(_shown(path, folder), {})
    document = read_document(path, _shown(path, folder))
    raise_all(
        HeadgateError(
            f"unknown key `{key}`",
            where=str(document.origin((key,))),
            found=key,
            expected="platform or team",
            fix="move it under one of the two",
        )
        for key in document.value
        if key not in ("platform", "team")
    )
    return section_of(document, (section,))


def _own(document: Document, name: StackName) -> Document:
    """Return the stack file's own section, after a check of the keys around it."""
    config = document.value.get("config")
    wanted = f"{PROJECT}:{name.section}"
    errors = [_unknown_key(document, (key,), list(PULUMI_KEYS)) for key in document.value if key not in PULUMI_KEYS]
    known = [wanted, *(f"{PROJECT}:{key}" for key in SIMPLE_KEYS)]
    keys = config if isinstance(config, dict) else {}
    # Other packages' settings (azure-native:location) are Pulumi's business.
    ours = [key for key in keys if key.startswith(f"{PROJECT}:")]
    errors.extend(_unknown_key(document, ("config", key), known) for key in ours if key not in known)
    errors.extend(_clear_secrets(document, keys))
    if wanted not in keys:
        errors.append(
            HeadgateError(
                f"`{wanted}` is missing",
                where=str(document.origin(("config",))),
                found=f"a stack file without its {name.section}",
                expected=f"`config:` with `{wanted}:`",
                fix=f"add it; `headgate stack new {name} --print` shows how it looks",
            )
        )
    raise_all(errors)
    return section_of(document, ("config", wanted))


def _clear_secrets(document: Document, keys: Mapping[str, Any]) -> Iterator[HeadgateError]:
    """Yield secrets that anybody who reads the file can read. The value is not repeated."""
    for key in (f"{PROJECT}:{name}" for name in SECRET_KEYS):
        if key in keys and not (isinstance(keys[key], dict) and set(keys[key]) == {"secure"}):
            yield HeadgateError(
                f"`{key}` is a secret, and stands here in the clear",
                where=str(document.origin(("config", key))),
                found="a value that is not encrypted",
                expected="`secure:` and what Pulumi has encrypted",
                fix=f"pulumi config set --secret {key} …, and replace what was written here: others may have read it",
            )


def section_of(document: Document, prefix: KeyPath) -> Document:
    """Return a part of a document as one of its own, lines kept."""
    value: Any = document.value
    for part in prefix:
        value = value.get(part, {}) if isinstance(value, dict) else {}
    if value is not None and not isinstance(value, dict):
        raise HeadgateError(
            f"`{dotted(prefix)}` does not fit",
            where=str(document.origin(prefix)),
            found=str(value),
            expected="a mapping of settings",
            fix="indent the settings under it",
        )
    size = len(prefix)
    lines = {path[size:]: line for path, line in document.lines.items() if path[:size] == prefix}
    return Document(document.file, value or {}, lines)


def _checked(name: StackName, layered: Layered) -> LoadedStack:
    """Validate the merged values; every fault has the place of the value that caused it."""
    model: type[PlatformStack] | type[TeamStack] = PlatformStack if name.is_platform else TeamStack
    try:
        config = model.model_validate(layered.value)
    except ValidationError as error:
        raise_all(from_validation(error, model, layered.origin))
        raise
    findings = check_platform(config) if isinstance(config, PlatformStack) else check_team(config, name)
    raise_all(finding.at(layered.origin) for finding in findings)
    return LoadedStack(name, config, layered.origins, layered.value)


def _with_objectives(stack: LoadedStack, folder: Path) -> LoadedStack:
    """Add the objectives of the files that a team's stack names."""
    if not isinstance(stack.config, TeamStack) or not stack.config.slo:
        return stack
    # Their format is known to the components, which a stack without any need not load.
    from headgate.stack.objectives import team_objectives

    found = list(team_objectives(stack.config.name, stack.config.slo, folder))
    raise_all(each for each in found if isinstance(each, HeadgateError))
    return replace(stack, objectives=tuple(each for each in found if not isinstance(each, HeadgateError)))


def _unknown_key(document: Document, path: KeyPath, known: list[str]) -> HeadgateError:
    key = str(path[-1])
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return HeadgateError(
        f"unknown key `{key}`",
        where=str(document.origin(path)),
        found=key,
        expected=f"one of: {', '.join(known)}",
        fix=f"did you mean `{close[0]}`?" if close else "remove it",
    )


def _no_such_stack(name: StackName, folder: Path) -> HeadgateError:
    """Say which stacks exist."""
    known = [str(item) for item in list_stacks(folder)]
    close = difflib.get_close_matches(str(name), known, n=1)
    return HeadgateError(
        f"stack {name} has no file",
        where=_shown(folder / name.file_name, folder),
        found="no such file",
        expected=f"one of: {', '.join(known) or 'none yet'}",
        fix=f"did you mean `{close[0]}`? A new one: `headgate stack new {name}`"
        if close
        else f"headgate stack new {name}",
    )


def _shown(path: Path, folder: Path) -> str:
    """Show a path as it is written in the project, from `stacks/` on."""
    return str(Path(folder.name) / path.relative_to(folder))
