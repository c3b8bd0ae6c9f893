"""A Slurm executor of Snakemake for clusters as they are, and questions to Slurm's commands."""

from .repairs import PLUGIN, VERSION, apply

__all__ = ["PLUGIN", "VERSION", "apply"]
