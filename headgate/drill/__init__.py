"""Drills: what one hopes to survive is tried on purpose, measured, undone, and recorded.

Owns the order of a drill, its arithmetic, what a killed one leaves to be undone, and its entries in the ledger. How a
region is taken out, and how a model is asked, is given to it.
"""
