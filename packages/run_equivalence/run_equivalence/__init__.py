"""Equivalent, different or undecided? Statistics for two sets of training runs.

The modules: `welch` (tests and intervals), `power` (planning), `resampling` and `images` (the test
images as a second source of variance), `compare` (all of it, class by class) and `verdicts` (its
result, which is importable without SciPy).
"""
