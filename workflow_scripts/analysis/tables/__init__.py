"""Bring the evaluations of all runs together: the whitepaper's Table II."""
