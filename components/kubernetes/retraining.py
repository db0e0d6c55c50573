"""What has a model trained again, as annotations: for what watches alerts and data, and for the gates.

Starts nothing: a timetable is kept by the CronJob of the pipeline, the rest by the team's RetrainingReceiver, which
reads these.
"""

from components.contract.training import RetrainingTriggers


def policy(triggers: RetrainingTriggers) -> dict[str, str]:
    """Return what stands on a model: its timetable, and what else there is."""
    timetable = (
        {
            "headgate.dev/retrain-schedule": triggers["schedule"],
            "headgate.dev/retrain-time-zone": triggers.get("time_zone", "Etc/UTC"),
        }
        if "schedule" in triggers
        else {}
    )
    return timetable | on_events(triggers)


def on_events(triggers: RetrainingTriggers) -> dict[str, str]:
    """Return what is watched for: drift, and new data."""
    found: dict[str, str] = {}
    if "drift" in triggers:
        drift = triggers["drift"]
        found["headgate.dev/retrain-on-alert"] = drift["alert"]
        found["headgate.dev/retrain-above"] = f"{float(drift['above']):g}"
    if "data" in triggers:
        found["headgate.dev/retrain-on-data"] = triggers["data"]["path"]
        found["headgate.dev/retrain-after-files"] = str(int(triggers["data"]["after_files"]))
    return found
