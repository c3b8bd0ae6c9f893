"""Training and prediction: one run is one variant and one seed."""
