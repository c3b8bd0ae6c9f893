"""Replacing what identifies by something natural that does not."""
