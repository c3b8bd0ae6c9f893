"""Weights that a user brings: copied or downloaded once, checked, and recorded."""
