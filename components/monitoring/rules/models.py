"""Traffic, errors and latency of each model, by region."""

from __future__ import annotations

from components.monitoring.rule import Recording

NAME = "models"
_BY = "region, namespace, model"
_QUANTILES = (0.5, 0.95, 0.99)


def recordings() -> tuple[Recording, ...]:
    """Return the rules."""
    requests = f"sum by ({_BY}) (rate(headgate_inference_requests_total[5m]))"
    errors = f'sum by ({_BY}) (rate(headgate_inference_requests_total{{code=~"5.."}}[5m]))'
    buckets = f"sum by ({_BY}, le) (rate(headgate_inference_duration_seconds_bucket[5m]))"
    return (
        Recording("model:headgate_inference_requests:rate5m", requests),
        # A model without errors has no series of them: 0, not nothing.
        Recording("model:headgate_inference_errors:ratio_rate5m", f"({errors} or {requests} * 0) / ({requests} > 0)"),
        *(
            Recording(
                "model:headgate_inference_duration_seconds:quantile",
                f"histogram_quantile({quantile}, {buckets})",
                {"quantile": str(quantile)},
            )
            for quantile in _QUANTILES
        ),
    )
