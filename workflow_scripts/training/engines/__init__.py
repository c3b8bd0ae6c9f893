"""Engines, the frameworks that train: every module in this folder is registered (see `engine`)."""
