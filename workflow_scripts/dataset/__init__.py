"""Index of a data set: COCO files, Table I and shards, from the files on disk."""
