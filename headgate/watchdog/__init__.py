"""The dead man's switch: hears the Watchdog of platforms, and calls when one falls silent.

Runs outside the platforms that it listens to, and needs nothing of them. Owns who is silent since when, and telling so;
does not own what an alert means.
"""
