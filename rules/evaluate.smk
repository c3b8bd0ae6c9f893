# Average precision of each run.


rule evaluate:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        predictions=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/predictions.json.gz",
        run=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/run.json",
    output:
        f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/eval.json",
    log:
        f"{RESULTS}/logs/evaluate/{{variant}}/seed~{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{variant}}/seed~{{seed}}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        fingerprint=evaluation_fingerprint,
    message:
        "Evaluating variant {wildcards.variant}, seed {wildcards.seed}"
    shell:
        "exec python -m workflow_scripts.evaluation --annotations {input.annotations:q}"
        " --predictions {input.predictions:q} --run {input.run:q} --output {output:q}"
        " --log {log:q}"
