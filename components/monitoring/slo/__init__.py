"""Objectives: OpenSLO documents in, multi-window multi-burn-rate rules out."""
