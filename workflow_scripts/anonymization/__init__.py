"""Anonymized twins of the training images: one folder per variant and shard."""
