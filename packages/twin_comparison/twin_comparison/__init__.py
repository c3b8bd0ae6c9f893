"""Comparison of an image with its anonymized twin.

`changes` finds the pixels that were changed on purpose; `resemblance` decides whether both show the
same picture.
"""
