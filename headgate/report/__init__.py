"""Decisions as documents: one file per format. Decides nothing."""
