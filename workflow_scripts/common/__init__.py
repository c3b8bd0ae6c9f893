"""What every program needs: command line, console, errors, files, fingerprints, GPUs."""
