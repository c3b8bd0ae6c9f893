"""A robust Slurm executor for Snakemake, and queries to Slurm's commands."""

from .repairs import PLUGIN, VERSION, apply

__all__ = ["PLUGIN", "VERSION", "apply"]
