"""Detectors of faces and license plates: every module in this folder is registered."""
