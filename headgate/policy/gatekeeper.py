"""The rules of admission as Gatekeeper takes them: a template and a constraint for each, and a suite of their samples.

For clusters that have Gatekeeper already. The Rego is that of the rules and of their libraries, file by file; what is
written here is how Gatekeeper's question becomes theirs. Owns which rules can be told this way, and why others can't.
Installs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.plan.view import Operation
from headgate.policy import samples
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import ANYTHING_ELSE, Rule
from headgate.policy.gatekeeper_entry import ENTRY
from headgate.yaml_text import DUMPER

SUITE = "suite.yaml"
_TARGET = "admission.k8s.gatekeeper.sh"
_OF_KUBERNETES = "kubernetes:"
_ASKED = (Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.CONNECT)
# A name that follows `data.` of its own, and is no field of something else.
_DATA = re.compile(r"(?<![.\w])data\.([a-z_]+(?:\.[a-z_]+)?)")
_PARAMETER = re.compile(r"\binput\.parameters\.([a-z_]+)")
_TABS = re.compile(r"^\t+", re.MULTILINE)
# What only our own gates tell a rule, by how it is read.
_UNTOLD = {
    "input.facts": "it asks what the registry or the ledger knows, and Gatekeeper is told no facts",
    "input.resources": "it judges resources among others, and Gatekeeper is asked about one object at a time",
    "input.approval": "it asks who approved the plan, and Gatekeeper sees no plan",
    "input.environment": "it asks for the environment, which a template does not know",
}


@dataclass(frozen=True)
class LeftOut:
    """A rule that claims admission and can't be told to Gatekeeper."""

    rule: Rule
    why: str


@dataclass(frozen=True)
class Told:
    """A rule as Gatekeeper takes it, in one environment."""

    bundle: Bundle
    rule: Rule
    environment: str

    @property
    def kind(self) -> str:
        """Return the kind of its constraints."""
        return self.rule.id.replace("HG-", "Headgate").replace("-", "")

    @cached_property
    def sources(self) -> dict[str, str]:
        """Return the Rego that it consists of, by package: its own, and that of the libraries it needs."""
        found: dict[str, str] = {}
        wanted = [_package(self.rule), "lib.review"]
        while wanted:
            package = wanted.pop()
            if package not in found:
                found[package] = _source(self.bundle, package)
                wanted += sorted(name for name in _needs(found[package]) if name.startswith("lib."))
        return dict(sorted(found.items()))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Return the environment's parameters that it reads."""
        names = {name for text in self.sources.values() for name in _PARAMETER.findall(_code(text))}
        whole = _merged(self.bundle.parameters["base"], self.bundle.parameters[self.environment])
        return {name: whole[name] for name in sorted(names)}

    def template(self) -> dict[str, Any]:
        """Return the ConstraintTemplate."""
        own = _package(self.rule)
        libraries = [_as_library(text) for package, text in self.sources.items() if package != own]
        entry = _filled(
            ENTRY,
            {
                "ID": self.rule.id,
                "FILE": str(self.rule.file.relative_to(self.bundle.root)),
                "PACKAGE": own,
                "NAME": self.rule.name,
                "OPERATIONS": json.dumps(list(self.rule.operations)),
            },
        )
        source = {
            "version": "v1",
            "rego": entry,
            "libs": [*libraries, _as_library(self.sources[own]), _as_library(self._schema())],
        }
        unchecked = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        schema = {"type": "object", "properties": dict.fromkeys(self.parameters, unchecked)}
        return {
            "apiVersion": "templates.gatekeeper.sh/v1",
            "kind": "ConstraintTemplate",
            "metadata": {
                "name": self.kind.lower(),
                "annotations": {"metadata.gatekeeper.sh/title": self.rule.title, "description": self.rule.description},
            },
            "spec": {
                "crd": {"spec": {"names": {"kind": self.kind}, "validation": {"openAPIV3Schema": schema}}},
                "targets": [{"target": _TARGET, "code": [{"engine": "Rego", "source": source}]}],
            },
        }

    def constraint(self) -> dict[str, Any]:
        """Return the Constraint: what it judges, how much it matters, and the parameters of the environment."""
        kinds = [each.removeprefix(_OF_KUBERNETES) for each in self.rule.types if each.startswith(_OF_KUBERNETES)]
        everything = ANYTHING_ELSE in self.rule.types or "*" in kinds
        return {
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": self.kind,
            "metadata": {"name": self.rule.id.lower(), "annotations": {"headgate.dev/environment": self.environment}},
            "spec": {
                "enforcementAction": str(self.bundle.level(self.rule, self.environment)),
                "match": {
                    "kinds": [{"apiGroups": ["*"], "kinds": ["*"] if everything else sorted(kinds)}],
                    "excludedNamespaces": self._exempt(),
                },
                "parameters": self.parameters,
            },
        }

    def cases(self) -> Iterator[samples.Sample]:
        """Yield the samples that a cluster could be asked about."""
        for sample in samples.of(self.bundle, self.rule):
            member = sample.members[0]
            if member.is_kubernetes and member.operation in _ASKED and not sample.facts:
                yield sample

    def minds(self, sample: samples.Sample) -> bool:
        """Whether a cluster's gate refuses a sample, or warns of it: not in a namespace where it is not asked."""
        document = sample.members[0].document
        metadata = document["metadata"]
        where = metadata["name"] if document["kind"] == "Namespace" else metadata.get("namespace")
        return not sample.allowed and where not in self._exempt()

    def _exempt(self) -> list[str]:
        """Return the namespaces in which a cluster's gate is not asked, so that it can't lock the cluster out."""
        whole = _merged(self.bundle.parameters["base"], self.bundle.parameters[self.environment])
        return sorted(whole["audit"]["gate"]["exempt"])

    def _schema(self) -> str:
        """Return what its parameters have to fit, as a library: a constraint without them would judge by nothing."""
        text = (self.bundle.root / "schemas" / "parameters.json").read_text(encoding="utf-8")
        every = json.loads(text)["properties"]
        asked = {name: every[name] for name in self.parameters}
        schema = {"type": "object", "required": list(asked), "additionalProperties": False, "properties": asked}
        return f"package lib.parameters\n\nschema := {json.dumps(schema, indent=2, ensure_ascii=False)}\n"


def told(bundle: Bundle, environment: str) -> tuple[list[Told], list[LeftOut]]:
    """Return the rules of admission as Gatekeeper takes them, and those that it can't take."""
    able: list[Told] = []
    left: list[LeftOut] = []
    for rule in bundle.rules:
        if "A" in rule.gates:
            each = Told(bundle, rule, environment)
            why = _why_not(each)
            if why:
                left.append(LeftOut(rule, why))
            else:
                able.append(each)
    return able, left


def files(rules: list[Told]) -> dict[str, str]:
    """Return what is written, by path: templates, constraints, samples as the API server asks, and the suite."""
    found: dict[str, str] = {}
    tests = []
    for each in rules:
        folder = each.rule.id
        found[f"{folder}/template.yaml"] = _yaml(each.template())
        found[f"{folder}/constraint.yaml"] = _yaml(each.constraint())
        cases = []
        for sample in each.cases():
            name = f"{'allowed' if sample.allowed else 'disallowed'}-{sample.file.stem}"
            path = f"{folder}/samples/{name}.yaml"
            found[path] = _yaml(sample.as_review())
            violations = "yes" if each.minds(sample) else "no"
            cases.append({"name": name, "object": path, "assertions": [{"violations": violations}]})
        template, constraint = f"{folder}/template.yaml", f"{folder}/constraint.yaml"
        tests.append({"name": each.rule.id, "template": template, "constraint": constraint, "cases": cases})
    suite = {"apiVersion": "test.gatekeeper.sh/v1alpha1", "kind": "Suite", "metadata": {"name": "headgate"}}
    return {**found, SUITE: _yaml({**suite, "tests": tests})}


def write(folder: Path, found: Mapping[str, str]) -> None:
    """Write the files into a folder that has none: what is left of rules that are gone would be applied too."""
    if folder.exists() and any(folder.iterdir()):
        raise HeadgateError(
            "the folder is not empty",
            where=str(folder),
            found="files, of which some may belong to rules that are gone",
            expected="an empty folder, or none",
            fix="remove it, or name another with --output",
        )
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _why_not(each: Told) -> str:
    if each.rule.scope != "object":
        return _UNTOLD["input.resources"]
    for text in each.sources.values():
        code = _code(text)
        why = next((why for read, why in _UNTOLD.items() if re.search(rf"\b{re.escape(read)}\b", code)), "")
        strange = sorted(name for name in _needs(text) if not name.startswith("lib."))
        if why or strange:
            return why or f"it reads `data.{strange[0]}`, which a template may not"
    return ""


def _package(rule: Rule) -> str:
    return f"rules.{rule.category}.{rule.name}"


def _source(bundle: Bundle, package: str) -> str:
    """Return the file of a package."""
    for text in bundle.files.values():
        if re.search(rf"^package {re.escape(package)}$", text, re.MULTILINE):
            return text
    raise HeadgateError("a rule needs a library that is not there", found=package, where=str(bundle.root / "rego"))


def _needs(text: str) -> set[str]:
    return set(_DATA.findall(_code(text)))


def _code(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _as_library(text: str) -> str:
    """Return a file as Gatekeeper takes it: in a package below `lib`, and without tabs, so that YAML stays readable."""
    placed = re.sub(r"^package rules\.", "package lib.rules.", text, flags=re.MULTILINE)
    return _TABS.sub(lambda found: "  " * len(found[0]), placed)


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return text


def _merged(below: Any, above: Any) -> Any:
    """Lay an environment's parameters over the base's, as `object.union` does."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: _merged(below[key], value) if key in below else value for key, value in above.items()}}


class _Dumper(DUMPER):  # type: ignore[misc, valid-type]
    """YAML in which a text of several lines stays one."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what occurs twice twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(document: Any) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
