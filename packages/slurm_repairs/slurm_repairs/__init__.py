"""Repairs of Snakemake's Slurm executor plugin, and questions to Slurm's commands (`questions`)."""

from .repairs import CHOSEN, PLUGIN, VERSION, apply, status_command

__all__ = ["CHOSEN", "PLUGIN", "VERSION", "apply", "status_command"]
