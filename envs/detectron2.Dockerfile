# The workflow with detectron2 and CUDA, from envs/detectron2.yaml. In the repository's folder:
#   docker build --file envs/detectron2.Dockerfile --tag anonymization-impact .
#   docker run --gpus all --shm-size 8g --volume /data:/data --volume "$PWD/results:/study/results" \
#     anonymization-impact snakemake --profile profiles/local --config 'dataset={root: /data/cityscapes}'
FROM condaforge/miniforge3:25.3.0-3

# A machine that builds images has no GPU to ask.
ENV CONDA_OVERRIDE_CUDA=12.9
WORKDIR /study
ENV PATH=/opt/workflow/bin:$PATH
COPY envs/detectron2.yaml envs/workflow.post-deploy.sh envs/
RUN conda env create --quiet --prefix /opt/workflow --file envs/detectron2.yaml \
    && pip install --no-cache-dir snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0 \
    && sh envs/workflow.post-deploy.sh \
    && conda clean --all --yes
COPY Snakefile config.yaml ./
COPY envs envs
COPY profiles profiles
COPY rules rules
COPY workflow_scripts workflow_scripts
CMD ["python", "-m", "workflow_scripts.training", "doctor", "--settings", "{\"engine\": \"detectron2\"}"]
