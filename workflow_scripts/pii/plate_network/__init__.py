"""The license plate network as it is shipped: its weights, and how its answers are read."""
