"""Trainers that are programs of the user: their inputs, execution and results."""
