"""A model, as its team sees it: does it answer, how soon, what waits, and what is left of its promises."""

from __future__ import annotations

from dashboards.panels import Board, Graph, Row, Variable

NAME = "model"
_CHOSEN = 'region=~"$region",namespace=~"$namespace",model=~"$model"'
_PODS = 'region=~"$region",namespace=~"$namespace"'
_PROMISE = 'model=~"$model"'
_ANSWERED = f"headgate_inference_requests_total{{{_CHOSEN}}}"
_TURNED_AWAY = f'headgate_inference_requests_total{{{_CHOSEN},code="503"}}'
_TOKENS = f"60 * sum by (model, kind) (rate(headgate_tokens_total{{{_CHOSEN}}}[5m]))"
_QUANTILE = "model:headgate_inference_duration_seconds:quantile"

BOARD = Board(
    uid="headgate-model",
    title="Headgate / Model",
    words="Traffic, errors, latency and saturation of models, and what is left of their error budgets.",
    variables=(
        Variable("region", "Region", "label_values(model:headgate_inference_requests:rate5m, region)"),
        Variable("namespace", "Team", "label_values(model:headgate_inference_requests:rate5m, namespace)"),
        Variable(
            "model",
            "Model",
            'label_values(model:headgate_inference_requests:rate5m{namespace=~"$namespace"}, model)',
        ),
    ),
    rows=(
        Row(
            "Does it answer?",
            (
                Graph(
                    "Requests",
                    "Requests a second that each region answers.",
                    ((f"model:headgate_inference_requests:rate5m{{{_CHOSEN}}}", "{{model}} {{region}}"),),
                    "reqps",
                ),
                Graph(
                    "Errors",
                    "Share of requests that failed. The availability objective counts the same.",
                    ((f"model:headgate_inference_errors:ratio_rate5m{{{_CHOSEN}}}", "{{model}} {{region}}"),),
                    "percentunit",
                ),
                Graph(
                    "By version",
                    "Which versions answer: a roll-out shows as one version taking over from another.",
                    ((f"sum by (model, version) (rate({_ANSWERED}[5m]))", "{{model}} {{version}}"),),
                    "reqps",
                ),
            ),
        ),
        Row(
            "How soon?",
            tuple(
                Graph(
                    f"Latency, {words}",
                    f"{words[0].upper()}{words[1:]} of requests are answered within this time.",
                    ((f'{_QUANTILE}{{{_CHOSEN},quantile="{quantile}"}}', "{{model}} {{region}}"),),
                    "s",
                )
                for quantile, words in (("0.5", "half"), ("0.95", "95 %"), ("0.99", "99 %"))
            ),
        ),
        Row(
            "What waits?",
            (
                Graph(
                    "Queue",
                    "Requests that wait for a pod. More than a few for minutes: the model is saturated.",
                    (
                        (
                            f"sum by (namespace, region) (headgate_inference_queue{{{_PODS}}})",
                            "{{namespace}} {{region}}",
                        ),
                    ),
                ),
                Graph(
                    "In flight",
                    "Requests that pods are working on.",
                    (
                        (
                            f"sum by (namespace, region) (headgate_inference_in_flight{{{_PODS}}})",
                            "{{namespace}} {{region}}",
                        ),
                    ),
                ),
                Graph(
                    "Turned away",
                    "Requests a second that found no pod or a full queue (503).",
                    (
                        (
                            f"sum by (model, region) (rate({_TURNED_AWAY}[5m]))",
                            "{{model}} {{region}}",
                        ),
                    ),
                    "reqps",
                ),
                Graph(
                    "Pods",
                    "Pods with models, ready and not.",
                    (
                        (
                            f"sum by (namespace, ready) (headgate_model_pods{{{_PODS}}})",
                            "{{namespace}} ready: {{ready}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Is it still right?",
            (
                Graph(
                    "Drift of inputs",
                    "Population stability index against the training data. Above 0.2 the team is told.",
                    ((f"headgate_model_feature_drift_psi{{{_CHOSEN}}}", "{{model}} {{feature}} {{region}}"),),
                ),
                Graph(
                    "Drift of answers",
                    "The same of what it answers, against its evaluation.",
                    ((f"headgate_model_prediction_drift_psi{{{_CHOSEN}}}", "{{model}} {{version}} {{region}}"),),
                ),
                Graph(
                    "Distance of inputs and answers",
                    "Kolmogorov-Smirnov distance to what they were at first. Above 0.2 the team is told.",
                    (
                        (f"headgate_model_feature_drift_ks{{{_CHOSEN}}}", "{{model}} {{feature}} {{region}}"),
                        (f"headgate_model_prediction_drift_ks{{{_CHOSEN}}}", "{{model}} {{output}} {{region}}"),
                    ),
                ),
                Graph(
                    "Faulty inputs",
                    "Share of an input's values that are missing or impossible; impossible is what the stack says.",
                    (
                        (
                            "sum by (model, feature, fault) "
                            f"(rate(headgate_model_input_faults_total{{{_CHOSEN}}}[10m]))"
                            " / on (model, feature) group_left () "
                            f"sum by (model, feature) (rate(headgate_model_input_values_total{{{_CHOSEN}}}[10m]))",
                            "{{model}} {{feature}} {{fault}}",
                        ),
                    ),
                    "percentunit",
                ),
                Graph(
                    "Mean of answers",
                    "What it answers on average, of the last answers of each version.",
                    ((f"headgate_model_answer_mean{{{_CHOSEN}}}", "{{model}} {{version}} {{output}} {{region}}"),),
                ),
                Graph(
                    "Accuracy",
                    "Share of right answers among those whose label has come in, and what the evaluation found.",
                    (
                        (f"headgate_model_accuracy_ratio{{{_CHOSEN}}}", "{{model}} {{version}} {{region}}"),
                        (
                            f"max by (model, version) (headgate_model_accuracy_reference_ratio{{{_CHOSEN}}})",
                            "{{model}} {{version}} evaluated",
                        ),
                    ),
                    "percentunit",
                ),
                Graph(
                    "Labels",
                    "How many answers have a label: of few, the accuracy says little.",
                    ((f"headgate_model_labelled_predictions{{{_CHOSEN}}}", "{{model}} {{version}} {{region}}"),),
                ),
                Graph(
                    "Fairness",
                    "Gap between groups of people. Above 0.1 the team is told.",
                    ((f"headgate_model_fairness_gap{{{_CHOSEN}}}", "{{model}} {{measure}} {{region}}"),),
                ),
            ),
        ),
        Row(
            "What does it cost?",
            (
                Graph(
                    "Cost an hour",
                    "What its pods hold, by list prices; of models that have a budget.",
                    (('model:headgate_spend:hourly{model=~"$model"}', "{{model}}"),),
                ),
                Graph(
                    "Tokens",
                    "Tokens a minute of language models, of prompts and answers.",
                    ((_TOKENS, "{{model}} {{kind}}"),),
                ),
                Graph(
                    "Tokens in flight",
                    "Tokens of the requests that run and that wait, by pod: what the autoscaler looks at.",
                    ((f"headgate_tokens_in_flight{{{_PODS}}}", "{{pod}} {{region}}"),),
                ),
            ),
        ),
        Row(
            "What is left of the promises?",
            (
                Graph(
                    "Budget left",
                    "Share of the 30 days' error budget that is left; below zero the promise is broken. Every hour "
                    "counts alike, whatever its traffic.",
                    (
                        (
                            f"1 - avg_over_time(slo:sli_error:ratio_rate1h{{{_PROMISE}}}[30d]) "
                            f"/ slo:error_budget:ratio{{{_PROMISE}}}",
                            "{{slo}}",
                        ),
                    ),
                    "percentunit",
                    is_flat=True,
                ),
                Graph(
                    "Pace, 1 hour",
                    "How fast the budget burns: at 1 it lasts exactly 30 days, at 14.4 somebody is called.",
                    (
                        (
                            f"slo:sli_error:ratio_rate1h{{{_PROMISE}}} / slo:error_budget:ratio{{{_PROMISE}}}",
                            "{{slo}}",
                        ),
                    ),
                ),
                Graph(
                    "Pace, 6 hours",
                    "The same over 6 hours: at 6 somebody is called.",
                    (
                        (
                            f"slo:sli_error:ratio_rate6h{{{_PROMISE}}} / slo:error_budget:ratio{{{_PROMISE}}}",
                            "{{slo}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
