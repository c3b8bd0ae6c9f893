"""Faces and license plates replaced by others, so that the picture stays natural."""
