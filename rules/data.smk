# COCO files, Table I and shards, from labelled images on disk or drawn ones.


rule draw_dataset:
    output:
        "<drawn>/dataset.json",
    log:
        "<logs>/draw_dataset.log",
    benchmark:
        "<benchmarks>/draw_dataset.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 8
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=JOBS.dataset_settings,
        fingerprint=FINGERPRINTS.drawing,
        folder=subpath(output[0], parent=True),
    message:
        "Drawing street scenes"
    shell:
        "exec python -m workflow_scripts dataset draw --settings {params.settings:q}"
        " --output {params.folder:q} --workers {threads} --log {log:q}"


checkpoint index_dataset:
    input:
        JOBS.index_inputs,
    output:
        # First, since Snakemake uses the first output as the one that other jobs wait for.
        shards="<shards>",
        train="<data>/train.coco.json",
        val="<data>/val.coco.json",
        table_csv=report(
            "<data>/table_1.csv",
            caption="captions/table_1.rst",
            category="Data",
        ),
        table_md="<data>/table_1.md",
    log:
        "<logs>/index_dataset.log",
    benchmark:
        "<benchmarks>/index_dataset.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 16
    resources:
        mem_mb=16000,
        runtime=120,
    params:
        settings=JOBS.dataset_settings,
        fingerprint=FINGERPRINTS.index,
        root=JOBS.root_option,
        task=JOBS.task_option,
        folder=subpath(output.shards, parent=True),
    message:
        "Indexing the data set and checking its files"
    shell:
        "exec python -m workflow_scripts dataset index --settings {params.settings:q} {params.root}"
        " {params.task} --output {params.folder:q} --workers {threads} --log {log:q}"


workflow.get_rule("index_dataset").is_checkpoint = IndexIsMade()


rule index_test:
    # A test set of evaluation.also: checked before the trainings, read after them.
    input:
        labels=JOBS.further_labels,
        train=ancient("<data>/train.coco.json"),
    output:
        "<further_annotations>",
    log:
        "<logs>/index_test/{further}.log",
    benchmark:
        "<benchmarks>/index_test/{further}.tsv"
    priority: 1
    conda:
        "../envs/workflow.yaml"
    threads: 16
    resources:
        mem_mb=16000,
        runtime=120,
    params:
        settings=JOBS.further_settings,
        fingerprint=FINGERPRINTS.further_index,
        classes=JOBS.classes,
        task=JOBS.further_task,
    message:
        "Indexing the test set {wildcards.further} and checking its files"
    shell:
        "exec python -m workflow_scripts dataset index-test --settings {params.settings:q}"
        " --name {wildcards.further} --classes {params.classes:q} --task {params.task}"
        " --train {input.train:q} --output {output:q} --workers {threads} --log {log:q}"
