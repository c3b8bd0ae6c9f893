"""What an experiment found, as figures for papers and as one page to hand on."""
