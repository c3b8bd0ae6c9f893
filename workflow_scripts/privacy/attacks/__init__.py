"""Attacks: every module in this folder is registered."""
