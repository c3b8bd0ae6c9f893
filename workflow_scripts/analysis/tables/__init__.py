"""Aggregation of the evaluations of all runs: the whitepaper's Table II."""
