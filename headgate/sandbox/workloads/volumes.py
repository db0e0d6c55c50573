"""A pod's volumes as directories on this machine, kept current.

Owns `<region>/workloads/<namespace>.<deployment>/`. Files are 0600 and replaced in one step; what left a ConfigMap or
Secret leaves the directory too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.kube import Document
from headgate.sandbox.workloads.failures import NotYetError, UnrunnableError
from headgate.sandbox.workloads.rewrite import with_paths
from headgate.sandbox.workloads.sources import Sources, field_of

Files = dict[str, bytes]


def write(pod: Document, directory: Path, sources: Sources) -> None:
    """Write every volume of a pod, each in a directory of its name.

    Paths of mounts that a ConfigMap names are made true here: its text configures a program of this machine.
    """
    paths = mounts_of_pod(pod, directory)
    for volume in pod["spec"].get("volumes") or []:
        target = make_private_directory(directory / volume["name"])
        files = files_of(volume, pod, sources)
        if files is not None and "configMap" in volume:
            files = {name: localised(content, paths) for name, content in files.items()}
        if files is not None:
            sync(target, files)


def mounts_of(container: Mapping[str, Any], directory: Path) -> dict[str, str]:
    """Return where each mount path of a container is on this machine."""
    mounts: dict[str, str] = {}
    for mount in container.get("volumeMounts") or []:
        if mount.get("subPathExpr"):
            raise UnrunnableError(f"the sandbox's runner has no subPathExpr ({mount['mountPath']})")
        target = directory / mount["name"]
        if mount.get("subPath"):
            target = inside(target, mount["subPath"])
        mounts[mount["mountPath"].rstrip("/")] = str(target)
    return mounts


def mounts_of_pod(pod: Document, directory: Path) -> dict[str, str]:
    """Return the mounts of all containers together."""
    containers = pod["spec"].get("containers") or []
    return {path: place for container in containers for path, place in mounts_of(container, directory).items()}


def localised(content: bytes, paths: Mapping[str, str]) -> bytes:
    """Rewrite the mount paths in a text; what is no text stays."""
    try:
        return with_paths(content.decode(), paths).encode()
    except UnicodeDecodeError:
        return content


def files_of(volume: Mapping[str, Any], pod: Document, sources: Sources) -> Files | None:
    """Return the content of a volume, None for one that the container fills itself."""
    if "emptyDir" in volume:
        return None
    if "projected" in volume:
        files: Files = {}
        for source in volume["projected"].get("sources") or []:
            files.update(_projected(source, pod, sources))
        return files
    for kind in ("configMap", "secret", "downwardAPI"):
        if kind in volume:
            body = dict(volume[kind])
            body.setdefault("name", body.pop("secretName", None))
            return READERS[kind](body, pod, sources)
    kinds = ", ".join(key for key in volume if key != "name")
    raise UnrunnableError(f"the sandbox's runner has no volume of kind {kinds} ({volume['name']})")


def sync(directory: Path, files: Files) -> None:
    """Make a directory hold exactly these files."""
    for name, content in files.items():
        write_if_changed(inside(directory, name), content)
    wanted = {inside(directory, name) for name in files}
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_file() and path not in wanted:
            path.unlink()


def inside(directory: Path, name: str) -> Path:
    """Return the path of a volume's entry, which may not lead out of the volume."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise UnrunnableError(f"volume entry {name!r} leads out of its volume")
    return path


def _projected(source: Mapping[str, Any], pod: Document, sources: Sources) -> Files:
    """Return one source of a projected volume."""
    if "serviceAccountToken" in source:
        projection = source["serviceAccountToken"]
        return {projection["path"]: sources.token(pod, projection)}
    for kind in ("configMap", "secret", "downwardAPI"):
        if kind in source:
            return READERS[kind](source[kind], pod, sources)
    raise UnrunnableError(f"the sandbox's runner has no projected source of kind {', '.join(source)}")


def _config_map(body: Mapping[str, Any], pod: Document, sources: Sources) -> Files:
    entries = sources.config_map(pod["metadata"]["namespace"], body["name"], body.get("optional", False))
    return _picked(entries, body)


def _secret(body: Mapping[str, Any], pod: Document, sources: Sources) -> Files:
    entries = sources.secret(pod["metadata"]["namespace"], body["name"], body.get("optional", False))
    return _picked(entries, body)


def _downward(body: Mapping[str, Any], pod: Document, _: Sources) -> Files:
    rows = body.get("items") or []
    return {row["path"]: field_of(pod, row["fieldRef"]["fieldPath"]).encode() for row in rows}


def _picked(entries: Files, body: Mapping[str, Any]) -> Files:
    """Return the entries that `items` names, under the paths that it gives; all of them without `items`."""
    items = body.get("items")
    if not items:
        return entries
    missing = [row["key"] for row in items if row["key"] not in entries]
    if missing and not body.get("optional", False):
        raise NotYetError(f"{body['name']} has no key {', '.join(missing)}")
    return {row["path"]: entries[row["key"]] for row in items if row["key"] in entries}


READERS: Mapping[str, Callable[[Mapping[str, Any], Document, Sources], Files]] = {
    "configMap": _config_map,
    "secret": _secret,
    "downwardAPI": _downward,
}
