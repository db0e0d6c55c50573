"""What is wrong between a team's jobs, pipelines, language models and edge models, and its other settings."""

from __future__ import annotations

from collections.abc import Iterator

from components import names
from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding, bounds, repeated
from headgate.stack.language import Contents, LanguageModel
from headgate.stack.platform import PlatformStack
from headgate.stack.strategy_checks import check_shares
from headgate.stack.team import TeamStack

_LISTS = (
    ("models", "model"),
    ("language_models", "language model"),
    ("batch", "batch job"),
    ("training", "training pipeline"),
)
# Lists of what answers at a path of the gateway.
SERVED = ("models", "language_models")


def check_workloads(stack: TeamStack) -> Iterator[Finding]:
    """Yield what is wrong between them."""
    yield from _names(stack)
    yield from _taken(stack)
    for index, job in enumerate(stack.batch):
        yield from _fits_quota(("batch", index), job.name, job.resources.gpus, stack.quota.gpus)
        if job.parallel is not None and job.parallel > job.shards:
            yield Finding(
                ("batch", index, "parallel"),
                "there are fewer shards than pods at once",
                found=f"parallel {job.parallel}, shards {job.shards}",
                expected="parallel no more than shards",
                fix="lower `parallel`, or raise `shards`",
            )
    for index, pipeline in enumerate(stack.training):
        yield from _fits_quota(("training", index), pipeline.name, pipeline.resources.gpus, stack.quota.gpus)
    for index, model in enumerate(stack.language_models):
        yield from _language(("language_models", index), model)
        if model.canary is not None:
            yield from check_shares(("language_models", index, "canary"), model.canary)
    yield from _scaled(stack)
    yield from _edge(stack)
    yield from _receiver(stack)


def check_sites(stack: PlatformStack) -> Iterator[Finding]:
    """Yield what is wrong between a platform's sites and its regions."""
    yield from repeated("site", ("sites",), [site.name for site in stack.sites])
    regions = [region.name for region in stack.regions]
    for index, site in enumerate(stack.sites):
        if site.region not in regions:
            yield Finding(
                ("sites", index, "region"),
                f"the record of site `{site.name}` would be where the platform is not",
                found=site.region,
                expected=f"one of {', '.join(regions)}",
                fix="choose a region of the platform: its class of data is allowed there",
            )


def _names(stack: TeamStack) -> Iterator[Finding]:
    """Yield names that are there twice: each becomes Kubernetes objects of one namespace."""
    seen: dict[str, str] = {}
    for section, kind in _LISTS:
        for index, item in enumerate(getattr(stack, section)):
            other = seen.setdefault(item.name, f"{kind} {index + 1}")
            # What is twice among models alone, the models' own check tells.
            if other != f"{kind} {index + 1}" and not (section == "models" and other.startswith("model ")):
                yield Finding(
                    (section, index, "name"),
                    f"{kind} `{item.name}` has a name that is taken",
                    found=f"{item.name}, also {other} of the team",
                    expected="each name once among models, language models, batch jobs and training pipelines",
                    fix=f"rename it, such as `{item.name}-{kind.split()[-1]}`",
                )


def _taken(stack: TeamStack) -> Iterator[Finding]:
    """Yield names whose objects would be those of the namespace, such as its network policy, or of another model."""
    served = [item.name for section in SERVED for item in getattr(stack, section)]
    parts = {f"{name}-{part}": name for name in served for part in names.OF_A_MODEL}
    for section, kind in _LISTS:
        for index, item in enumerate(getattr(stack, section)):
            path: KeyPath = (section, index, "name")
            if item.name in names.OF_THE_NAMESPACE:
                yield Finding(
                    path,
                    f"{kind} `{item.name}` has a name that is the namespace's own",
                    found=item.name,
                    expected=f"another than {', '.join(sorted(names.OF_THE_NAMESPACE))}",
                    fix="rename it",
                )
            elif section in SERVED and item.name in parts:
                yield Finding(
                    path,
                    f"{kind} `{item.name}` has the name of a part of `{parts[item.name]}`",
                    found=f"{item.name}, beside {parts[item.name]}",
                    expected=f"no other model's name and -{', -'.join(names.OF_A_MODEL)}",
                    fix="rename it: Services and ways of both would be one",
                )


def _fits_quota(path: KeyPath, name: str, gpus: int, quota: int) -> Iterator[Finding]:
    """Yield a pod that would wait for ever. Pods that only have to wait their turn are the queue's business."""
    if gpus > quota:
        yield Finding(
            (*path, "resources", "gpus"),
            f"`{name}` needs more GPUs than the team's quota",
            found=f"{gpus} GPUs for one pod",
            expected=f"at most {quota} (quota.gpus)",
            fix="lower resources.gpus, or ask the platform owner to raise quota.gpus",
        )


def _scaled(stack: TeamStack) -> Iterator[Finding]:
    """Yield language models that can scale to more GPUs than the other models leave of the quota."""
    total = sum(model.resources.gpus * model.replicas.max for model in stack.models)
    for index, model in enumerate(stack.language_models):
        total += model.resources.gpus * model.replicas.max
        if model.resources.gpus and total > stack.quota.gpus:
            yield Finding(
                ("language_models", index, "resources", "gpus"),
                "the models can scale to more GPUs than the team's quota",
                found=f"{total} GPUs: {model.name} adds {model.resources.gpus} x {model.replicas.max} replicas",
                expected=f"at most {stack.quota.gpus} (quota.gpus)",
                fix="lower replicas.max or resources.gpus, or ask the platform owner to raise quota.gpus",
            )


def _edge(stack: TeamStack) -> Iterator[Finding]:
    """Yield models at sites that the team does not have, that are there twice, or that ask for a GPU there."""
    known = [model.name for model in stack.models]
    seen: set[tuple[str, str]] = set()
    for index, edge in enumerate(stack.edge):
        yield from bounds(("edge", index, "replicas", "min"), edge.replicas.min, edge.replicas.max)
        if edge.model not in known:
            yield Finding(
                ("edge", index, "model"),
                f"the team has no model `{edge.model}`",
                found=edge.model,
                expected=f"one of {', '.join(known) or 'none yet'}",
                fix="add it to `models`, whose version and digest a site serves",
            )
        if (edge.model, edge.site) in seen:
            yield Finding(
                ("edge", index, "site"),
                f"model `{edge.model}` is at `{edge.site}` twice",
                found=f"{edge.model} at {edge.site}",
                expected="each model once at a site",
                fix="remove one of the two",
            )
        seen.add((edge.model, edge.site))
        if edge.resources.gpus:
            yield Finding(
                ("edge", index, "resources", "gpus"),
                "sites have no GPU pool",
                found=f"{edge.resources.gpus} GPUs for {edge.model}",
                expected="gpus: 0",
                fix="leave `gpus` out, and serve a smaller variant of the model there",
            )


def _receiver(stack: TeamStack) -> Iterator[Finding]:
    """Yield a receiver that could start nothing."""
    if stack.retraining_receiver is not None and not stack.started_by_events:
        yield Finding(
            ("retraining_receiver",),
            "the receiver has no pipeline to start",
            found="no pipeline with `triggers.drift` or `triggers.data`",
            expected="one at least in `training`",
            fix="write `triggers: {drift: {above: 0.25}}` for a pipeline, or leave `retraining_receiver` out",
        )


def _language(path: KeyPath, model: LanguageModel) -> Iterator[Finding]:
    """Yield what a language model can't keep."""
    yield from bounds((*path, "replicas", "min"), model.replicas.min, model.replicas.max)
    if model.tokens_in_flight < model.context_tokens:
        yield Finding(
            (*path, "tokens_in_flight"),
            "one long request would be more than a pod may take",
            found=f"tokens_in_flight {model.tokens_in_flight}, context_tokens {model.context_tokens}",
            expected="tokens_in_flight no less than context_tokens",
            fix="raise `tokens_in_flight`, or lower `context_tokens`",
        )
    logging = model.content_logging
    if (logging.contents is Contents.NONE) != (logging.days == 0):
        yield Finding(
            (*path, "content_logging", "days"),
            "what is kept of prompts and answers has a last day, and what is not kept has none",
            found=f"contents {logging.contents}, days {logging.days}",
            expected="`days` of at least 1 with `masked` or `whole`, and none with `none`",
            fix="write both as they were decided",
        )
    if model.spending.tokens_per_minute > model.spending.tokens_per_month:
        yield Finding(
            (*path, "spending", "tokens_per_minute"),
            "the month's limit is below the minute's",
            found=f"{model.spending.tokens_per_minute} a minute, {model.spending.tokens_per_month} a month",
            expected="tokens_per_minute no more than tokens_per_month",
            fix="swap them, or correct one",
        )


def workloads_with_platform(stack: TeamStack, name: str, given: PlatformStack) -> Iterator[Finding]:
    """Yield regions and GPUs that the platform does not have."""
    regions = [region.name for region in given.serving]
    for section in ("batch", "training"):
        for index, job in enumerate(getattr(stack, section)):
            if job.region is not None and job.region not in regions:
                yield Finding(
                    (section, index, "region"),
                    f"{name} does not serve in {job.region}",
                    found=job.region,
                    expected=f"one of {', '.join(regions)}",
                    fix=f"choose one of these, or leave `region` out for {regions[0]}",
                )
    sites = [site.name for site in given.sites]
    for index, edge in enumerate(stack.edge):
        if edge.site not in sites:
            yield Finding(
                ("edge", index, "site"),
                f"{name} has no site `{edge.site}`",
                found=edge.site,
                expected=f"one of {', '.join(sites) or 'none yet'} (sites of {name})",
                fix="correct it, or ask the platform owner for the site",
            )
    for section in ("language_models", "batch", "training"):
        for index, item in enumerate(getattr(stack, section)):
            if item.resources.gpus and not given.cluster.has_gpus:
                yield Finding(
                    (section, index, "resources", "gpus"),
                    f"{name} has no GPU pool",
                    found=f"{item.resources.gpus} GPUs for {item.name}",
                    expected="gpus: 0, or a platform with cluster.pools.gpu",
                    fix="ask the platform owner for a GPU pool",
                )
