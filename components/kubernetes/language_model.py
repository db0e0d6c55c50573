"""LanguageModelServing: a language model as pods that scale by tokens, behind the gateway, by two protocols.

Is a ModelDeployment, so it goes through the same gates and takes over in the same steps. Owns what is a language
model's own: the OpenAI-compatible path, tokens as the measure of load, limits of spending, the safety evaluation.
"""

from typing import Optional

import pulumi

from components import sizing
from components.contract.deployment import ModelDeploymentArgs
from components.contract.language_model import LanguageModelServingArgs, TokenObjectives
from components.contract.strategy import Strategy
from components.kubernetes.deployment import ModelDeployment

# What every runtime for language models reports of itself: tokens of the requests that run and that wait.
LOAD = "headgate_tokens_in_flight"
_OBJECTIVES: TokenObjectives = {"time_to_first_token_ms": 1000, "tokens_per_second": 20}


class LanguageModelServing(pulumi.ComponentResource):
    """A language model, served in one cluster."""

    path: pulumi.Output[str]
    """Path of the model behind the gateway, by the Open Inference Protocol."""
    openai_path: pulumi.Output[str]
    """Path behind the gateway that an OpenAI client takes as its base."""
    model_image: pulumi.Output[str]
    """What is served, by digest."""

    def __init__(
        self,
        name: str,
        args: LanguageModelServingArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:LanguageModelServing", name, dict(args), opts)
        self._args = args
        self._context = args.get("context_tokens", 8192)
        self._in_flight = args.get("tokens_in_flight", 16384)
        self._objectives = args.get("objectives", _OBJECTIVES)

        served = ModelDeployment(f"{name}-model", self._deployment(), pulumi.ResourceOptions(parent=self))

        self.path = served.path
        self.openai_path = pulumi.Output.from_input(f"{self._openai()}/v1")
        self.model_image = served.model_image
        self.register_outputs(
            {"path": self.path, "openai_path": self.openai_path, "model_image": self.model_image},
        )

    def _openai(self) -> str:
        return f"/openai/{self._args['model']}"

    def _deployment(self) -> ModelDeploymentArgs:
        """Say which deployment serves it."""
        args = self._args
        return {
            "ownership": args["ownership"],
            "namespace": args["namespace"],
            "service_account": args["service_account"],
            "model": args["model"],
            "version": args["version"],
            "model_image": args["model_image"],
            "runtime_image": args["runtime_image"],
            "host": args["host"],
            "cpu": args["cpu"],
            "memory": args["memory"],
            "gpus": args.get("gpus", 0),
            "min_replicas": args["min_replicas"],
            "max_replicas": args["max_replicas"],
            "latency_objective_ms": sizing.answer_ms(self._context, **self._objectives),
            "scale_on": {"name": LOAD, "average": self._in_flight},
            "paths": [self._openai()],
            "runtime_arguments": self._arguments(),
            "annotations": self._promises(),
            "strategy": self._strategy(),
        }

    def _strategy(self) -> Strategy:
        """Say how a new version takes over."""
        return {"canary": self._args["canary"]} if "canary" in self._args else {}

    def _arguments(self) -> list[str]:
        """Tell the runtime its limits; it refuses what is over them."""
        spending = self._args["spending"]
        return [
            f"--openai-path={self._openai()}/v1",
            f"--context-tokens={self._context}",
            f"--tokens-in-flight={self._in_flight}",
            f"--tokens-per-minute={spending['tokens_per_minute']}",
            f"--tokens-per-month={spending['tokens_per_month']}",
        ]

    def _promises(self) -> dict[str, str]:
        """Say on the workload what was promised, what it may cost, what it was tested for, and what may be kept."""
        spending, safety, kept = self._args["spending"], self._args["safety"], self._args["content_logging"]
        return {
            "headgate.dev/time-to-first-token-ms": str(self._objectives["time_to_first_token_ms"]),
            "headgate.dev/tokens-per-second": str(self._objectives["tokens_per_second"]),
            "headgate.dev/tokens-per-minute": str(spending["tokens_per_minute"]),
            "headgate.dev/tokens-per-month": str(spending["tokens_per_month"]),
            "headgate.dev/safety-suite": safety["suite"],
            "headgate.dev/safety-evaluation": safety["evaluation"],
            "headgate.dev/content-logging": kept["contents"],
            "headgate.dev/content-days": str(int(kept["days"])),
            **({"headgate.dev/rollback": self._args["rollback"]} if "rollback" in self._args else {}),
        }
