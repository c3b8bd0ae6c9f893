"""Operation of experiments: plan, launch, status, usage, clusters, weights."""
