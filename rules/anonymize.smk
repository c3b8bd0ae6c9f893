# PII regions by shard, once for all variants; then each variant's images by shard.
#
# A shard's id stands for its images and labels, so what comes from the index is `ancient`: a new
# index changes nothing for a shard that it finds as before. Only outputs of the checkpoint may be
# ancient. Where another job runs, Snakemake (9.27) does not look at the reasons of what follows it
# by ancient edges alone, and would leave out jobs whose fingerprint has changed.


rule check_pii:
    # Before any image is looked at: what cannot work costs seconds.
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        weights=JOBS.weights_of(EXPERIMENT.pii),
    output:
        touch(f"{RESULTS}/pii/.checked"),
    log:
        f"{RESULTS}/logs/check_pii.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_pii.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=JOBS.pii_settings,
        fingerprint=JOBS.detection(),
        images=image_root("train"),
    message:
        "Checking that faces and license plates can be detected"
    shell:
        "exec python -m workflow_scripts.pii check --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q} --log {log:q}"


rule check_variant:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
    output:
        touch(f"{RESULTS}/images/{{variant}}/.checked"),
    log:
        f"{RESULTS}/logs/check_variant/{{variant}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_variant/{{variant}}.tsv"
    conda:
        environment_of
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=named_variant_settings,
        fingerprint=check_fingerprint,
    message:
        "Checking that variant {wildcards.variant} can be made"
    shell:
        "exec python -m workflow_scripts.anonymization check --settings {params.settings:q}"
        " --annotations {input.annotations:q} --log {log:q}"


rule detect_pii:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checked=f"{RESULTS}/pii/.checked",
        weights=JOBS.weights_of(EXPERIMENT.pii),
    output:
        f"{RESULTS}/pii/{{shard}}.parquet",
    log:
        f"{RESULTS}/logs/detect_pii/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/detect_pii/{{shard}}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.pii_settings,
        fingerprint=JOBS.detection(),
        images=image_root("train"),
    message:
        "Detecting faces and license plates, shard {wildcards.shard}"
    shell:
        "exec python -m workflow_scripts.pii detect --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --shards {input.shards:q} --shard {wildcards.shard} --output {output:q}"
        " --threads {threads} --log {log:q}"


rule summarize_pii:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        regions=regions_of_shards,
    output:
        summary=f"{RESULTS}/pii/summary.json",
        svg=report(
            f"{RESULTS}/figures/figure_3.svg",
            caption="captions/figure_3.rst",
            category="Data",
        ),
        png=f"{RESULTS}/figures/figure_3.png",
    log:
        f"{RESULTS}/logs/summarize_pii.log",
    benchmark:
        f"{RESULTS}/benchmarks/summarize_pii.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        fingerprint=JOBS.pii_summary(),
        figures=subpath(output.svg, parent=True),
    message:
        "Counting PII regions a frame (Figure 3)"
    shell:
        "exec python -m workflow_scripts.pii summarize --regions {input.regions:q}"
        " --annotations {input.annotations:q} --output {output.summary:q}"
        " --figures {params.figures:q} --log {log:q}"


rule anonymize:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checked=f"{RESULTS}/images/{{variant}}/.checked",
        regions=f"{RESULTS}/pii/{{shard}}.parquet",
    output:
        directory(f"{RESULTS}/images/{{variant}}/{{shard}}"),
    log:
        f"{RESULTS}/logs/anonymize/{{variant}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/anonymize/{{variant}}/{{shard}}.tsv"
    conda:
        environment_of
    threads: 4
    resources:
        gpu=gpus_of,
        mem_mb=8000,
        runtime=240,
    params:
        settings=variant_settings,
        fingerprint=anonymization_fingerprint,
        images=image_root("train"),
    message:
        "Anonymizing images, variant {wildcards.variant}, shard {wildcards.shard}"
    shell:
        "exec python -m workflow_scripts.anonymization apply --settings {params.settings:q}"
        " --variant {wildcards.variant} --regions {input.regions:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --shards {input.shards:q} --shard {wildcards.shard} --output {output:q}"
        " --threads {threads} --log {log:q}"


rule gather_images:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        folders=folders_of_shards,
    output:
        f"{RESULTS}/images/{{variant}}/manifest.parquet",
    log:
        f"{RESULTS}/logs/gather_images/{{variant}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/gather_images/{{variant}}.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        fingerprint=JOBS.gathering(),
    message:
        "Listing the images of variant {wildcards.variant}"
    shell:
        "exec python -m workflow_scripts.anonymization gather --folders {input.folders:q}"
        " --annotations {input.annotations:q} --output {output:q} --log {log:q}"
