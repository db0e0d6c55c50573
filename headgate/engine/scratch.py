"""A throw-away copy of what Pulumi needs, for previews that may touch nothing: back end, home, configuration.

What is secret is not decrypted, since a plan-only preview runs where no key is. Secrets of a real stack are replaced by
a placeholder that is a secret too; so a rule sees that the value is one, and nobody sees which.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from headgate.engine.environment import SANDBOX_PASSPHRASE
from headgate.errors import HeadgateError
from headgate.sandbox.files import write_private
from headgate.sandbox.shims import install_plugins, leave_no_logs

# How Pulumi writes an unknown value, and what marks a secret, in states and events.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the marker of secrets, none itself

# Salt and ciphertexts belong to the public passphrase of the sandbox: made once by Pulumi itself.
SANDBOX_SALT = "v1:ZNaopEMlqEc=:v1:kQdJ2VSdwwZ6bN5P:a0iJDem2N27Ejmvb67WeY8HgtqCq2A=="
_SECURE_PLACEHOLDER = "v1:GSDyp+GGqKBJO429:XAaztdItzUclYWyjJS/nw0YDp5XukAwQGA=="
_UNKNOWN_CIPHERTEXT = "v1:i2CgSmukd47T+AHp:OXz0AqyfaZaSDMLMQHVLLJolUFzJN/4iX16rkN4erwAncFNG519ilmMDVl2wRYPs+II7jknd"
_UNKNOWN_SECRET = {SIGNATURE: SECRET, "ciphertext": _UNKNOWN_CIPHERTEXT}


class Scratch:
    """The throw-away directory. Its owner removes it."""

    def __init__(self, root: Path, project: str) -> None:
        self.root = root
        self._project = project
        self._backend = root / "pulumi"
        (self._backend / ".pulumi").mkdir(parents=True, mode=0o700)
        (self._backend / ".pulumi" / "meta.yaml").write_text("version: 1\n", encoding="utf-8")
        write_private(root / "passphrase", SANDBOX_PASSPHRASE)
        install_plugins(root / "home")
        leave_no_logs(root / "home")

    def variables(self) -> dict[str, str]:
        """Return the environment that points here and nowhere else."""
        return {
            "PULUMI_BACKEND_URL": f"file://{self._backend}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.root / "passphrase"),
            "PULUMI_HOME": str(self.root / "home"),
        }

    def write_config(self, source: Path) -> Path:
        """Copy a stack file with its secrets replaced, and return the copy."""
        try:
            content = yaml.safe_load(source.read_text(encoding="utf-8")) or {}
        except OSError as error:
            raise missing_stack_file(source) from error
        except yaml.YAMLError as error:
            raise HeadgateError("the stack file is not YAML", where=str(source), found=str(error)) from error
        kept = {"encryptionsalt": SANDBOX_SALT, "config": _with_placeholders(content.get("config") or {})}
        target = self.root / source.name
        target.write_text(yaml.safe_dump(kept), encoding="utf-8")
        return target

    def write_state(self, stack: str, deployment: Mapping[str, Any] | None) -> None:
        """Write a stack's state: what was exported, or an empty one."""
        latest = {
            "manifest": {},
            **(unknown_secrets(deployment) if deployment else {}),
            "secrets_providers": {"type": "passphrase", "state": {"salt": SANDBOX_SALT}},
        }
        checkpoint = {"stack": f"organization/{self._project}/{stack}", "latest": latest}
        target = self._backend / ".pulumi" / "stacks" / self._project / f"{stack}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps({"version": 3, "checkpoint": checkpoint}), encoding="utf-8")

    def write_reference(self, stack: str, deployment: Mapping[str, Any] | None) -> None:
        """Write the state of a stack that others refer to: its outputs, as far as they are known and not secret.

        One unknown value among the outputs would make the SDK take all of them as unknown, the image's registry too.
        """
        kind = "pulumi:pulumi:Stack"
        urn = f"urn:pulumi:{stack}::{self._project}::{kind}::{self._project}-{stack}"
        found = [each for each in (deployment or {}).get("resources") or [] if each.get("type") == kind]
        outputs = {
            name: value for each in found for name, value in (each.get("outputs") or {}).items() if _is_clear(value)
        }
        self.write_state(stack, {"resources": [{"urn": urn, "custom": False, "type": kind, "outputs": outputs}]})


def missing_stack_file(path: Path) -> HeadgateError:
    """Say which stacks there are."""
    known = sorted(
        each.name.removeprefix("Pulumi.").removesuffix(".yaml") for each in path.parent.glob("Pulumi.*.yaml")
    )
    close = difflib.get_close_matches(path.name.removeprefix("Pulumi.").removesuffix(".yaml"), known, n=1)
    return HeadgateError(
        "the stack has no file",
        where=str(path),
        found="no such file",
        expected=f"one of {', '.join(known)}" if known else "a file Pulumi.<stack>.yaml",
        fix=(f"did you mean `{close[0]}`? " if close else "")
        + "headgate stack list shows the stacks; headgate stack new makes one",
    )


def _with_placeholders(config: Any) -> Any:
    """Replace every `secure:` value."""
    if isinstance(config, dict):
        if set(config) == {"secure"}:
            return {"secure": _SECURE_PLACEHOLDER}
        return {key: _with_placeholders(value) for key, value in config.items()}
    if isinstance(config, list):
        return [_with_placeholders(each) for each in config]
    return config


def unknown_secrets(value: Any) -> Any:
    """Return a deployment in which each secret is an unknown one: its ciphertext is under a key that is not here."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _UNKNOWN_SECRET
        return {key: unknown_secrets(each) for key, each in value.items()}
    if isinstance(value, list):
        return [unknown_secrets(each) for each in value]
    return value


def exported(path: Path) -> Mapping[str, Any]:
    """Read what `pulumi stack export` wrote."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        deployment = content["deployment"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadgateError(
            "the exported state can't be read",
            where=str(path),
            found=getattr(error, "strerror", None) or str(error),
            expected="the output of `pulumi stack export`",
            fix=f"pulumi stack export --file {path}",
        ) from error
    if not isinstance(deployment, dict):
        raise HeadgateError("the exported state has no deployment", where=str(path), fix="pulumi stack export")
    return deployment


def _is_clear(value: Any) -> bool:
    """Whether a value holds neither a secret nor anything unknown."""
    if isinstance(value, dict):
        return value.get(SIGNATURE) != SECRET and all(_is_clear(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_clear(each) for each in value)
    return bool(value != UNKNOWN)
