"""The sections of an experiment's config that belong to no plug-in, one model each."""
