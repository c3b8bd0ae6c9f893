"""Forecast of an experiment's resources."""
