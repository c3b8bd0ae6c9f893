"""Running an experiment: plan, launch, status, usage, clusters, weights."""
