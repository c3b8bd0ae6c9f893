"""The license plate detector of our own: what it learns from, the network, and its weights."""
