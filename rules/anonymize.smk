# PII regions by shard, once for all variants; then each variant's images by shard. Training and
# validation images use the same rules. The priority makes errors appear before the trainings start.
#
# A shard's id identifies its images and labels, so inputs from the index are `ancient`: a new index
# does not affect unchanged shards. Only outputs of the checkpoint may be ancient: for jobs that
# depend on a running job by ancient edges only, Snakemake (9.27) does not evaluate the reasons to
# run, and would omit jobs whose fingerprint has changed.
#
# All later jobs have the index among their inputs, even if they read only other files. A job that
# could start before a new index exists, and ended before Snakemake re-evaluates the graph, would
# not run again on later outputs, nor would its dependants: a call would end without the requested
# trainings.


rule check_pii:
    # Before any image is read, so that errors appear within seconds.
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        weights=JOBS.weights_of(EXPERIMENT.pii),
    output:
        touch("<detection_checked>"),
    log:
        "<logs>/check_pii/{split}.log",
    benchmark:
        "<benchmarks>/check_pii/{split}.tsv"
    priority: 1
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=JOBS.pii_settings,
        fingerprint=FINGERPRINTS.detection,
        images=JOBS.images,
    message:
        "Checking that faces and license plates can be detected ({wildcards.split})"
    shell:
        "exec python -m workflow_scripts pii check --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q} --log {log:q}"


rule detect_pii:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        checked="<detection_checked>",
        weights=JOBS.weights_of(EXPERIMENT.pii),
    output:
        "<regions>",
    log:
        "<logs>/detect_pii/{split}/{shard}.log",
    benchmark:
        "<benchmarks>/detect_pii/{split}/{shard}.tsv"
    priority: 1
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.pii_settings,
        fingerprint=FINGERPRINTS.detection,
        images=JOBS.images,
    message:
        "Detecting faces and license plates ({wildcards.split}, shard {wildcards.shard})"
    shell:
        "exec python -m workflow_scripts pii detect --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --shards {input.shards:q} --shard {wildcards.shard} --output {output:q}"
        " --threads {threads} --log {log:q}"


rule summarize_pii:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
    output:
        summary="<pii_summary>",
        svg=report(
            "<figures>/figure_3.svg",
            caption="captions/figure_3.rst",
            category="Data",
        ),
        png="<figures>/figure_3.png",
    log:
        "<logs>/summarize_pii.log",
    benchmark:
        "<benchmarks>/summarize_pii.tsv"
    pathvars:
        split="train",
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=JOBS.pii_settings,
        fingerprint=FINGERPRINTS.pii_summary,
        images=JOBS.training_images,
        figures=subpath(output.svg, parent=True),
    message:
        "Counting PII regions by frame (Figure 3)"
    shell:
        "exec python -m workflow_scripts pii summarize --settings {params.settings:q}"
        " --regions {input.regions:q} --annotations {input.annotations:q}"
        " --images {params.images:q} --output {output.summary:q}"
        " --figures {params.figures:q} --log {log:q}"


rule check_variant:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        weights=JOBS.weights_of_variant,
    output:
        touch("<variant_checked>"),
    log:
        "<logs>/check_variant/{variant}/{split}.log",
    benchmark:
        "<benchmarks>/check_variant/{variant}/{split}.tsv"
    wildcard_constraints:
        variant="|".join(JOBS.treatments),
    priority: 1
    conda:
        JOBS.environment
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=JOBS.named_variant_settings,
        fingerprint=FINGERPRINTS.check,
    message:
        "Checking that variant {wildcards.variant} can be made ({wildcards.split})"
    shell:
        "exec python -m workflow_scripts anonymization check --settings {params.settings:q}"
        " --annotations {input.annotations:q} --log {log:q}"


rule anonymize:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        checked="<variant_checked>",
        regions=regions_to_anonymize,
        weights=JOBS.weights_of_variant,
    output:
        directory("<shard_images>"),
    log:
        "<logs>/anonymize/{variant}/{split}/{shard}.log",
    benchmark:
        "<benchmarks>/anonymize/{variant}/{split}/{shard}.tsv"
    wildcard_constraints:
        variant="|".join(JOBS.treatments),
    priority: 1
    conda:
        JOBS.environment
    threads: 4
    resources:
        gpu=JOBS.gpus,
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.variant_settings,
        fingerprint=FINGERPRINTS.anonymization,
        images=JOBS.images,
        file_format=JOBS.format_option(),
    message:
        "Anonymizing images, variant {wildcards.variant} ({wildcards.split}, shard {wildcards.shard})"
    shell:
        "exec python -m workflow_scripts anonymization apply --settings {params.settings:q}"
        " --variant {wildcards.variant} --regions {input.regions:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --shards {input.shards:q} --shard {wildcards.shard} --output {output:q}"
        " {params.file_format} --threads {threads} --log {log:q}"


rule gather_images:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        folders=shards_of_images,
    output:
        "<manifest>",
    log:
        "<logs>/gather_images/{variant}/{split}.log",
    benchmark:
        "<benchmarks>/gather_images/{variant}/{split}.tsv"
    wildcard_constraints:
        variant="|".join(JOBS.treatments),
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        fingerprint=FINGERPRINTS.gathering,
    message:
        "Listing the images of variant {wildcards.variant} ({wildcards.split})"
    shell:
        "exec python -m workflow_scripts anonymization gather --folders {input.folders:q}"
        " --annotations {input.annotations:q} --output {output:q} --log {log:q}"
