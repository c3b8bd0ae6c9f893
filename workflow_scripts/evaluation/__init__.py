"""Evaluation of a trained model's predictions against the ground truth: `eval.json`."""
