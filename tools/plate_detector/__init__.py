"""Training of the shipped license plate network: its drawn crops, the network, its measurement."""
