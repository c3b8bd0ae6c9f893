"""What the jobs of an experiment used."""
