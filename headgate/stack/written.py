"""A stack as its files say: base → environment → its own file, each value with its place.

Owns which files those are and which keys stand around the settings. Whether the settings fit is `load`'s to say: to
read them takes none of its models.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.stack.document import Document, KeyPath, read_document
from headgate.stack.faults import dotted, raise_all
from headgate.stack.folder import find_stacks
from headgate.stack.identity import StackName
from headgate.stack.layers import Layered, merge_layers
from headgate.stack.secret import Secret

PROJECT = "headgate"
# What Pulumi itself keeps at the top of a stack file.
PULUMI_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment")
# Single settings beside the structured one, read by infra/.
SIMPLE_KEYS = ("commit", "change", *Secret)


def list_stacks(stacks: Path) -> list[StackName]:
    """Return the names of all stacks that have a file, platforms first."""
    names = [_named(path, stacks) for path in stacks.glob("Pulumi.*.yaml")]
    return sorted(names, key=lambda name: (not name.is_platform, str(name)))


def _named(path: Path, stacks: Path) -> StackName:
    """Return the name of the stack whose file this is."""
    try:
        return StackName.parse(path.name.removeprefix("Pulumi.").removesuffix(".yaml"))
    except HeadgateError as error:
        fix = "rename the file, or move it elsewhere: all here that is called Pulumi.*.yaml is a stack's"
        raise replace(error, where=_shown(path, stacks), fix=fix) from error


def written(name: str | StackName, stacks: Path | None = None, settings: Mapping[str, Any] | None = None) -> Layered:
    """Return the layers of one stack as one; `settings` is what `load_stack` says."""
    parsed = StackName.parse(name) if isinstance(name, str) else name
    return merge_layers(_layers(parsed, stacks or find_stacks(), settings))


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
    for key in (f"{PROJECT}:{name}" for name in Secret):
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
