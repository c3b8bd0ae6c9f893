"""Results of an experiment, as figures for papers and as a self-contained page."""
