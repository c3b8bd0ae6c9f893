"""Anonymization methods: every module in this folder is registered."""
