"""Equivalent, different or undecided? Statistics for two sets of training runs.

The modules: `welch` (tests and intervals), `pairs` (runs that share a seed), `family` (several
tests), `power` and `planning` (runs needed), `resampling` and `images` (the test images as a second
source of variance), `compare` (all of it, class by class), `verdicts` (its result, which is
importable without SciPy) and `table` (samples from a printed table). In addition to the verdict:
`permutation` (exact tests), `effects` (effect sizes) and `pooling` (partial pooling over classes).
"""
