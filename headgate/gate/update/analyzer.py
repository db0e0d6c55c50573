"""Pulumi's Analyzer protocol over a session: translates requests and answers, decides nothing.

Whatever goes wrong ends the call with an error, and the engine ends the update with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from headgate.errors import HeadgateError
from headgate.gate.update.session import Session
from headgate.plan.opaque import DEFERRED
from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision, Result, Violation
from headgate.policy.level import Level

NAME = "headgate"
_LEVELS = {
    analyzer_pb2.ADVISORY: Level.WARN,
    analyzer_pb2.MANDATORY: Level.DENY,
    analyzer_pb2.REMEDIATE: Level.DENY,
}
_TYPES = {"object": analyzer_pb2.POLICY_TYPE_RESOURCE, "relation": analyzer_pb2.POLICY_TYPE_STACK}
_SEVERITIES = {
    "low": analyzer_pb2.POLICY_SEVERITY_LOW,
    "medium": analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    "high": analyzer_pb2.POLICY_SEVERITY_HIGH,
    "critical": analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """The gate as the engine sees it. `begin` gives the session, or raises what has kept it from starting."""

    def __init__(self, begin: Callable[[], Session], version: str) -> None:
        self._begin = begin
        self._version = version

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Greet the engine."""
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def ConfigureStack(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Learn which stack is updated, and whether this is a preview."""
        with _answering(context):
            session = self._begin()
            session.stack = request.stack or None
            session.dry_run = request.dry_run
            _ = session.environment
            return analyzer_pb2.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Describe the rules."""
        with _answering(context):
            session = self._begin()
            return analyzer_pb2.AnalyzerInfo(
                name=NAME,
                displayName="Headgate",
                version=self._version,
                supportsConfig=True,
                policies=[self._policy(rule, session.level(rule)) for rule in session.rules],
            )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Take configuration, if it makes rules stricter."""
        with _answering(context):
            wanted = {}
            for name, config in request.policyConfig.items():
                if config.properties.fields:
                    raise HeadgateError(
                        f"the policy configuration for {name} is refused: rules take no properties",
                        found=", ".join(config.properties.fields),
                        expected="an enforcement level at most",
                        fix="change policies/parameters/, which its owners review",
                    )
                wanted[name] = _LEVELS.get(config.enforcementLevel)
            self._begin().configure(wanted)
            return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Return the pack's version."""
        return plugin_pb2.PluginInfo(version=self._version)

    def Analyze(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Judge a resource's inputs."""
        with _answering(context):
            decision = self._begin().judge(
                request.urn,
                request.type,
                json_format.MessageToDict(request.properties),
                protect=request.options.protect,
                parent=request.options.parent,
                provider=request.provider.urn,
            )
            return analyzer_pb2.AnalyzeResponse(diagnostics=self._diagnostics(decision))

    def AnalyzeStack(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Judge the relations between the resources, on the inputs that were gathered, and record the run."""
        with _answering(context):
            session = self._begin()
            decision = session.relate({each.urn: each.dependencies for each in request.resources})
            session.finish()
            return analyzer_pb2.AnalyzeResponse(diagnostics=self._diagnostics(decision) if decision else [])

    def Remediate(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Change nothing: what is deployed is what was written."""
        return analyzer_pb2.RemediateResponse()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Agree to end; the engine ends the process."""
        return empty_pb2.Empty()

    def _policy(self, rule: Rule, level: Level) -> Any:
        return analyzer_pb2.PolicyInfo(
            name=rule.id,
            displayName=rule.title,
            description=rule.description,
            message=rule.title,
            enforcementLevel=analyzer_pb2.MANDATORY if level is Level.DENY else analyzer_pb2.ADVISORY,
            policy_type=_TYPES[rule.scope],
            severity=_SEVERITIES.get(rule.severity, analyzer_pb2.POLICY_SEVERITY_HIGH),
            tags=[rule.category, *rule.controls],
            remediation_steps=rule.remediation,
            url=rule.page,
            configSchema=analyzer_pb2.PolicyConfigSchema(properties=struct_pb2.Struct()),
        )

    def _diagnostics(self, decision: Decision) -> list[Any]:
        return [
            self._diagnostic(result, violation, result.resource.id)
            for result in decision.findings
            for violation in result.violations
        ]

    def _diagnostic(self, result: Result, violation: Violation, urn: str) -> Any:
        lines = [
            f"{violation.message}",
            f"  property: {violation.property}",
            f"  write:    {violation.expected}",
            f"  rule:     {result.rule.page}",
        ]
        message = "\n".join(lines)
        if result.deferred:
            message += f"{DEFERRED}decided at the update, when the value is known"
        return analyzer_pb2.AnalyzeDiagnostic(
            policyName=result.rule.id,
            policyPackName=NAME,
            policyPackVersion=self._version,
            description=result.rule.title,
            message=message,
            enforcementLevel=analyzer_pb2.MANDATORY if result.blocking else analyzer_pb2.ADVISORY,
            severity=_SEVERITIES.get(result.rule.severity, analyzer_pb2.POLICY_SEVERITY_HIGH),
            urn=urn,
        )


@contextmanager
def _answering(context: grpc.ServicerContext) -> Iterator[None]:
    """End the call with what went wrong: the engine shows it and stops."""
    try:
        yield
    except HeadgateError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"headgate: {error}")
    except (ValueError, TypeError, KeyError, OSError) as error:
        context.abort(grpc.StatusCode.INTERNAL, f"headgate could not judge, so the update is refused: {error!r}")
