# What each variant's images still tell about the originals: an audit a variant, a table, Figure 2.


rule audit:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        regions=regions_of_shards,
        manifest=anonymized_images_of,
        weights=JOBS.weights_of(EXPERIMENT.pii),
        embedding=JOBS.weights_of(EXPERIMENT.privacy),
    output:
        f"{RESULTS}/privacy/{{variant}}.json",
    log:
        f"{RESULTS}/logs/audit/{{variant}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/audit/{{variant}}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.pii_settings,
        fingerprint=audit_fingerprint,
        images=image_root("train"),
        anonymized=anonymized_folder_option,
    message:
        "Auditing the privacy of variant {wildcards.variant}"
    shell:
        "exec python -m workflow_scripts.privacy audit --settings {params.settings:q}"
        " --variant {wildcards.variant} --annotations {input.annotations:q}"
        " --images {params.images:q} --regions {input.regions:q} {params.anonymized}"
        " --embedding {input.embedding:q} --fingerprint {params.fingerprint} --output {output:q}"
        " --threads {threads} --log {log:q}"


rule privacy_table:
    input:
        expand(f"{RESULTS}/privacy/{{variant}}.json", variant=VARIANTS),
    output:
        csv=report(
            f"{RESULTS}/tables/privacy.csv",
            caption="captions/privacy.rst",
            category="Privacy",
        ),
        md=f"{RESULTS}/tables/privacy.md",
        tex=f"{RESULTS}/tables/privacy.tex",
        json=f"{RESULTS}/tables/privacy.json",
    log:
        f"{RESULTS}/logs/privacy_table.log",
    benchmark:
        f"{RESULTS}/benchmarks/privacy_table.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        fingerprint=JOBS.privacy_table(),
        folder=subpath(output.json, parent=True),
    message:
        "Making the privacy table"
    shell:
        "exec python -m workflow_scripts.privacy table --audits {input:q}"
        " --output {params.folder:q} --log {log:q}"


rule before_after:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        regions=regions_of_shards,
        manifests=manifests(),
    output:
        svg=report(
            f"{RESULTS}/figures/before_after.svg",
            caption="captions/before_after.rst",
            category="Privacy",
        ),
        png=f"{RESULTS}/figures/before_after.png",
    log:
        f"{RESULTS}/logs/before_after.log",
    benchmark:
        f"{RESULTS}/benchmarks/before_after.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=JOBS.report_settings,
        fingerprint=JOBS.before_after(),
        images=image_root("train"),
        folder=subpath(output.svg, parent=True),
    message:
        "Showing regions of each variant (Figure 2)"
    shell:
        "exec python -m workflow_scripts.privacy figure --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --regions {input.regions:q} --manifests {input.manifests:q}"
        " --output {params.folder:q} --log {log:q}"
