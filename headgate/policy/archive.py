"""The rules as one signed file, as OPA calls a bundle: built, signed, verified, and opened as rules again.

Owns the archive's form. OPA builds, signs and verifies it; what is opened is taken from the files that OPA's signature
covers, and has to give the digest that the archive names. Where it is kept is `remote`'s business.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from headgate import temporary
from headgate.errors import HeadgateError
from headgate.policy import opa
from headgate.policy.bundle import Bundle

ALGORITHM = "ES256"
KEY_NAME = "headgate"
SIGNATURES = ".signatures.json"
_MANIFEST, _DATA = ".manifest", "data.json"
_PEOPLE = ("approvers", "signers")
_DATA_KEYS = (*_PEOPLE, "catalogue", "collections", "index", "parameters", "parameters_schema")
# Whose word counts: what a cluster or a run adds to the data (its environment, its token, waivers) is in none of these.
ROOTS = (*_DATA_KEYS, "lib", "main", "rules", "system/authz", "system/health", "system/log")
_SECONDS = 120
# The rules take some 100 KB; what is larger than this is no rules.
_MOST_BYTES = 64 * 1024 * 1024


def build(bundle: Bundle) -> bytes:
    """Return the unsigned archive of a rules tree: equal trees give equal bytes. Its revision is the rules' digest."""
    _ = bundle.rules  # an empty rule set is refused before anything is built
    with temporary.folder("bundle") as name:
        folder, target = name / "rules", name / "bundle.tar.gz"
        folder.mkdir()
        opa.write(bundle, folder)
        data = {key: value for key, value in bundle.data(**_beside(bundle)).items() if key in _DATA_KEYS}
        (folder / _DATA).write_text(json.dumps(data, default=str), encoding="utf-8")
        manifest = {"revision": bundle.digest, "roots": list(ROOTS), "rego_version": 1}
        (folder / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        _opa("build", "--bundle", ".", "--output", str(target), folder=folder, what="the rules could not be built")
        return target.read_bytes()


def sign(archive: bytes, key: Path) -> bytes:
    """Return the archive with a signature over each of its files; one that is there already is replaced."""
    files = {name: content for name, content in _read(archive).items() if name != SIGNATURES}
    with temporary.folder("bundle") as name:
        folder = name / "rules"
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        arguments = ("--bundle", ".", "--signing-alg", ALGORITHM, "--signing-key", str(key.resolve()))
        _opa("sign", *arguments, "--output-file-path", str(name), folder=folder, what="the rules could not be signed")
        return _packed({**files, SIGNATURES: (name / SIGNATURES).read_bytes()})


def of_data(data: Mapping[str, Any], revision: str) -> bytes:
    """Return an unsigned archive of data without rules, which may say nothing but what stands under its own names."""
    manifest = {"revision": revision, "roots": sorted(data), "rego_version": 1}
    return _packed({_MANIFEST: json.dumps(manifest).encode(), _DATA: json.dumps(data).encode()})


def verify(archive: bytes, key: Path) -> str:
    """Return the revision of an archive that the owner of a public key signed, or say what is wrong with it."""
    named = signed_revision(archive)
    with temporary.folder("bundle") as name:
        given = name / "bundle.tar.gz"
        given.write_bytes(archive)
        arguments = ("--bundle", str(given), "--output", f"{name}/verified.tar.gz", "--signing-alg", ALGORITHM)
        verification = ("--verification-key", str(key.resolve()), "--verification-key-id", KEY_NAME)
        what = "the rules bundle is not what was signed, or not by this key"
        _opa("build", *arguments, *verification, folder=name, what=what)
    return named


def data_of(archive: bytes, key: Path) -> dict[str, Any]:
    """Verify an archive of data without rules, and return the data."""
    verify(archive, key)
    return stated(archive)


def stated(archive: bytes) -> dict[str, Any]:
    """Return the data of an archive, whoever signed it: for those who wait for a word, not for those who believe it."""
    try:
        found: dict[str, Any] = json.loads(_read(archive)[_DATA])
    except (KeyError, ValueError) as error:
        raise _refused("the bundle holds no data", f"{_DATA}: {error!r}") from error
    return found


def signed_revision(archive: bytes) -> str:
    """Return the digest of rules that an archive names, if it has a signature; whose it is `verify` tells."""
    files = _read(archive)
    if SIGNATURES not in files:
        raise _refused("the rules bundle is not signed", f"no {SIGNATURES}", "`headgate policy bundle sign`")
    return revision(archive)


def revision(archive: bytes) -> str:
    """Return the digest of rules that an archive names, signed or not."""
    try:
        return str(json.loads(_read(archive)[_MANIFEST])["revision"])
    except (KeyError, TypeError, ValueError) as error:
        raise _refused("the rules bundle names no revision", f"{_MANIFEST}: {error!r}") from error


def roots(archive: bytes) -> set[str]:
    """Return what an archive says that it brings, as OPA names it, signed or not."""
    try:
        return set(map(str, json.loads(_read(archive)[_MANIFEST])["roots"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _refused("the rules bundle names no roots", f"{_MANIFEST}: {error!r}") from error


def unpack(archive: bytes, key: Path, folder: Path) -> Bundle:
    """Verify an archive, and write it as a tree of rules into a folder that the caller keeps as long as it judges."""
    named = verify(archive, key)
    files = _read(archive)
    for name, content in files.items():
        # Nothing but what OPA's signature covers: an archive may hold more, which nobody has signed.
        if name.endswith(".rego"):
            _write(folder / "rego" / name, content)
    try:
        data = json.loads(files[_DATA])
        _write(folder / "schemas" / "parameters.json", json.dumps(data["parameters_schema"]))
        for part in ("parameters", "collections"):
            for name, value in data[part].items():
                _write(folder / part / f"{_plain(name)}.yaml", json.dumps(value))
        for each in (name for name in _PEOPLE if name in data):
            _write(folder / f"{each}.yaml", json.dumps(data[each]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _refused("the rules bundle holds no rules of ours", f"{_DATA}: {error!r}") from error
    bundle = Bundle.find(folder)
    if bundle.digest != named:
        raise _refused("the rules are not those that the bundle names", bundle.digest, expected=named)
    return bundle


def _beside(bundle: Bundle) -> dict[str, Any]:
    """Return what decides beside the rules: who may sign, and which rules make a collection."""
    folder = bundle.root / "collections"
    files = {each: bundle.root / f"{each}.yaml" for each in _PEOPLE}
    found = {each: yaml.safe_load(file.read_text(encoding="utf-8")) for each, file in files.items() if file.exists()}
    named = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))}
    return {**found, "collections": named}


def _read(archive: bytes) -> dict[str, bytes]:
    """Return the files of an archive. Two of one name are refused: OPA and we might each take another."""
    files: dict[str, bytes] = {}
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(archive)) as unzipped:
            content = unzipped.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _refused("the rules bundle is too large", f"more than {_MOST_BYTES} bytes")
        with tarfile.open(fileobj=io.BytesIO(content)) as packed:
            for member in packed:
                name = _plain(member.name.removeprefix("/").removeprefix("./"), folders=True)
                if not member.isfile() or name in files:
                    raise _refused("the rules bundle holds what rules don't need", member.name)
                opened = packed.extractfile(member)
                files[name] = opened.read() if opened else b""
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise _refused("the rules bundle can't be read: it is cut short, or no bundle", str(error)) from error
    return files


def _plain(name: str, *, folders: bool = False) -> str:
    """Return a name that leads nowhere else."""
    parts = PurePosixPath(name).parts
    if not parts or name != "/".join(parts) or ".." in parts or "/" in parts or (len(parts) > 1 and not folders):
        raise _refused("the rules bundle holds a name that leads elsewhere", name)
    return name


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Return an archive without owners or times."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(files[name]), 0o600, 0
            archive.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(packed.getvalue(), mtime=0)


def _write(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _opa(command: str, *arguments: str, folder: Path, what: str) -> None:
    try:
        done = subprocess.run(
            [str(opa.executable()), command, *arguments], cwd=folder, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise opa.slow(_SECONDS) from error
    except OSError as error:
        raise opa.unavailable(str(error)) from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise _refused(what, said.removeprefix("error: ") or f"exit code {done.returncode}")


def _refused(what: str, found: str, fix: str | None = None, expected: str | None = None) -> HeadgateError:
    return HeadgateError(
        f"{what}, so nothing was judged",
        found=found,
        expected=expected or "a rules bundle that `headgate policy bundle sign` signed with the key of --key",
        fix=fix or "ask who publishes the rules for the digest and the key; what was changed is not used",
    )
