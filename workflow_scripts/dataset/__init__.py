"""Indexing a data set: from what lies on disk to COCO files, Table I and shards."""
