"""Making anonymized twins of the training images: one folder a variant and shard."""
