"""The rules as OPA is given them: Rego files, and one data document made of catalogue and parameters.

Owns what is in the bundle and its digest. Starts no OPA.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from headgate import yaml_text
from headgate.errors import HeadgateError
from headgate.policy import catalogue
from headgate.policy.digest import digest_of
from headgate.policy.level import Level

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ("sandbox", "dev", "staging", "prod")
_PARTS = ("lib", "main", "rules")


@dataclass(frozen=True)
class Bundle:
    """A policies directory: `rego/`, `parameters/`, `schemas/`; and leave to break its rules."""

    root: Path
    waivers: tuple[Mapping[str, Any], ...] = ()
    """Those that count, as the decision in Rego reads them. Who signed them is not asked here."""

    @classmethod
    def find(cls, root: str | Path | None = None) -> Bundle:
        """Return the bundle that was named, that HEADGATE_POLICIES names, or the checkout's own."""
        chosen = Path(root or os.environ.get("HEADGATE_POLICIES") or CHECKOUT / "policies")
        if not (chosen / "rego").is_dir():
            raise HeadgateError(
                "the rules are not there, so nothing was judged",
                where=str(chosen),
                found="no directory rego/",
                expected="a policies directory",
                fix="name it with --policies or HEADGATE_POLICIES",
            )
        return cls(chosen.resolve())

    @cached_property
    def rules(self) -> tuple[catalogue.Rule, ...]:
        """Return the catalogue."""
        return catalogue.read(self.root / "rego")

    @cached_property
    def files(self) -> dict[str, str]:
        """Return the Rego files that decide (tests and checks left out), by path under `rego/`."""
        base = self.root / "rego"
        return {
            str(path.relative_to(base)): path.read_text(encoding="utf-8")
            for part in _PARTS
            for path in sorted((base / part).rglob("*.rego"))
            if not path.stem.endswith("_test")
        }

    @cached_property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """Return the parameters of each environment, and `base`."""
        folder = self.root / "parameters"
        found = {path.stem: self._parameters(path) for path in sorted(folder.glob("*.yaml"))}
        if "base" not in found:
            raise HeadgateError(
                "the rules have no parameters, so nothing was judged",
                where=str(folder),
                found=", ".join(found) or "no file",
                expected="base.yaml and one file per environment",
                fix="check out policies/ whole",
            )
        return found

    def _parameters(self, path: Path) -> dict[str, Any]:
        try:
            value = yaml_text.load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise HeadgateError("the parameters are not valid YAML", where=str(path), found=str(error)) from error
        if not isinstance(value, dict):
            raise HeadgateError("the parameters are no object", where=str(path), found=type(value).__name__)
        return value

    def data(self, **extra: Any) -> dict[str, Any]:
        """Return the data document: catalogue and index by gate, parameters by environment, what the caller adds."""
        return {**self._data, **extra}

    @cached_property
    def _data(self) -> dict[str, Any]:
        by_gate = {gate: catalogue.for_gate(self.rules, gate) for gate in catalogue.GATES}
        schema = json.loads((self.root / "schemas" / "parameters.json").read_text(encoding="utf-8"))
        return {
            "catalogue": {gate: [rule.as_data() for rule in rules] for gate, rules in by_gate.items()},
            "index": {gate: catalogue.index(rules) for gate, rules in by_gate.items()},
            "parameters": self.parameters,
            "parameters_schema": schema,
            "waivers": list(self.waivers),
        }

    def admission_files(self, environment: str) -> dict[str, str]:
        """Return what a cluster's gate loads: the Rego, and `data.json` with the environment it stands in."""
        parameters = {name: self.parameters[name] for name in ("base", self.environment_of(None, environment))}
        data = self.data(gate="A", environment=environment) | {"parameters": parameters}
        # Facts come from a registry, as signed rules do: a cluster that pulls neither would deny every model.
        rules = [rule for rule in catalogue.for_gate(self.rules, "A") if not rule.facts]
        data |= {"catalogue": {"A": [rule.as_data() for rule in rules]}, "index": {"A": catalogue.index(rules)}}
        return {**self.files, **_data_file(data | self._local(environment))}

    def admission_local(self, environment: str) -> dict[str, str]:
        """Return what a cluster's gate loads beside a signed bundle: its environment, and leave to break its rules."""
        return _data_file(self._local(self.environment_of(None, environment)))

    def _local(self, environment: str) -> dict[str, Any]:
        suffix = f"-{environment}"
        waivers = [each for each in self.waivers if "A" in each["gates"] and each["stack"].endswith(suffix)]
        return {"gate": "A", "environment": environment, "waivers": waivers}

    @cached_property
    def digest(self) -> str:
        """Return the digest of all that decides: equal rules and parameters have equal digests."""
        content = json.dumps([self.files, self.data()], sort_keys=True, ensure_ascii=False)
        return digest_of(content)

    def level(self, rule: catalogue.Rule, environment: str) -> Level:
        """Return what a failure does, as the decision in Rego works it out."""
        if datetime.datetime.now(datetime.UTC).date().isoformat() < rule.since:
            return Level.WARN
        levels = self.parameters["base"].get("levels", {}) | self.parameters[environment].get("levels", {})
        return Level.WARN if levels.get(rule.id, levels.get("default")) == "warn" else Level.DENY

    def environment_of(self, stack: str | None, given: str | None = None) -> str:
        """Return the environment that counts: given, else the stack's last word, else prod (the strictest)."""
        names = [name for name in self.parameters if name != "base"]
        if given is None and stack is not None:
            last = stack.rpartition("-")[2]
            given = last if last in names else None
        chosen = given or "prod"
        if chosen not in names:
            raise HeadgateError(
                "there are no parameters for this environment, so nothing was judged",
                where=str(self.root / "parameters"),
                found=chosen,
                expected=", ".join(names),
                fix="name one of them with --environment, or add its file",
            )
        return chosen


def _data_file(data: Mapping[str, Any]) -> dict[str, str]:
    return {"data.json": json.dumps(data, indent=1, sort_keys=True)}
