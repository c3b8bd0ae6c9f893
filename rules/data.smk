# From labelled images on disk (or drawn here) to COCO files, Table I and shards.


rule draw_dataset:
    output:
        f"{DRAWN}/dataset.json",
    log:
        f"{RESULTS}/logs/draw_dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_dataset.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 8
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=JOBS.dataset_settings,
        fingerprint=JOBS.drawing(),
        folder=subpath(output[0], parent=True),
    message:
        "Drawing street scenes"
    shell:
        "exec python -m workflow_scripts.dataset.draw --settings {params.settings:q}"
        " --output {params.folder:q} --workers {threads} --log {log:q}"


checkpoint index_dataset:
    input:
        drawn_dataset(),
    output:
        # The first, for Snakemake takes that one for what other jobs wait for.
        shards=f"{RESULTS}/data/shards.json",
        train=f"{RESULTS}/data/train.coco.json",
        val=f"{RESULTS}/data/val.coco.json",
        table_csv=report(
            f"{RESULTS}/data/table_1.csv",
            caption="captions/table_1.rst",
            category="Data",
        ),
        table_md=f"{RESULTS}/data/table_1.md",
    log:
        f"{RESULTS}/logs/index_dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/index_dataset.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 16
    resources:
        mem_mb=16000,
        runtime=120,
    params:
        settings=JOBS.dataset_settings,
        fingerprint=JOBS.index(),
        root=f"--root {DRAWN}" if EXPERIMENT.image_roots is None else "",
        folder=subpath(output.shards, parent=True),
    message:
        "Indexing the data set and checking its files"
    shell:
        "exec python -m workflow_scripts.dataset --settings {params.settings:q} {params.root}"
        " --output {params.folder:q} --workers {threads} --log {log:q}"
