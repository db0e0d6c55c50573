"""What is watched, and when somebody is told: alerts, recording rules, objectives, dashboards, routes.

Owns their text and their thresholds (`tunables`), without Pulumi and without a cloud. How they reach a Prometheus is
the business of `components.azure` and `components.kubernetes`.
"""
