"""Bare workflow: the jobs and files of an indexed experiment, as rules without computation.

Measures the planning time of Snakemake itself: `--config variants=N seeds=N shards=N`.
"""

VARIANTS = ["unmodified", *(f"blur_{n}" for n in range(1, config["variants"]))]
CHANGED = VARIANTS[1:]
SHARDS = [f"{n:03d}-{n:08x}" for n in range(config["shards"])]
RUNS = [f"{v}/seed~{s}" for v in VARIANTS for s in range(1, config["seeds"] + 1)]
INDEX = ["data/shards.json", "data/train.coco.json", "data/val.coco.json"]
REGIONS = [f"pii/{shard}.parquet" for shard in SHARDS]
EVALUATIONS = [f"runs/{run}/eval.json" for run in RUNS]
METRICS = [f"runs/{run}/metrics.jsonl" for run in RUNS]
RECORDS = [f"runs/{run}/run.json" for run in RUNS]


wildcard_constraints:
    variant="[^/]+",
    seed=r"\d+",
    shard="[^/.]+",


def manifest(wildcards):
    name = wildcards.variant
    return f"images/{name}/manifest.parquet" if name in CHANGED else []


def treated(wildcards):
    name = wildcards.variant
    return f"attacks/{name}/pictures" if name in CHANGED else []


def shards(wildcards):
    return [f"images/{wildcards.variant}/{shard}" for shard in SHARDS]


rule all:
    input:
        EVALUATIONS,
        [f"runs/{run}/matches.npz" for run in RUNS],
        "report.html",
        "verdict.json",
        "table_2.json",


rule index:
    output:
        INDEX,
    shell:
        "true"


rule detect:
    input:
        INDEX[:2],
    output:
        "pii/{shard}.parquet",
    log:
        "logs/detect/{shard}.log",
    benchmark:
        "benchmarks/detect/{shard}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
    message:
        "detect {wildcards.shard}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {log:q}"


rule check:
    input:
        INDEX[:2],
    output:
        "images/{variant}/.checked",
    log:
        "logs/check/{variant}.log",
    benchmark:
        "benchmarks/check/{variant}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
    message:
        "check {wildcards.variant}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {log:q}"


rule anonymize:
    input:
        INDEX[:2],
        "images/{variant}/.checked",
        "pii/{shard}.parquet",
    output:
        directory("images/{variant}/{shard}"),
    log:
        "logs/anonymize/{variant}/{shard}.log",
    benchmark:
        "benchmarks/anonymize/{variant}/{shard}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
        value_3="value",
    message:
        "anonymize {wildcards.variant}/{wildcards.shard}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {params.value_3:q} {log:q}"


rule gather:
    input:
        INDEX[:2],
        shards,
    output:
        "images/{variant}/manifest.parquet",
    log:
        "logs/gather/{variant}.log",
    benchmark:
        "benchmarks/gather/{variant}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
    message:
        "gather {wildcards.variant}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {log:q}"


rule start:
    input:
        [f"images/{name}/.checked" for name in CHANGED],
    output:
        [f"ready/{run}" for run in RUNS],
    shell:
        "true"


rule train:
    input:
        INDEX,
        "ready/{variant}/seed~{seed}",
        manifest,
    output:
        "runs/{variant}/seed~{seed}/model_final.pth",
        "runs/{variant}/seed~{seed}/metrics.jsonl",
        "runs/{variant}/seed~{seed}/run.json",
    log:
        "logs/train/{variant}/seed~{seed}.log",
    benchmark:
        "benchmarks/train/{variant}/seed~{seed}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
        value_3="value",
        value_4="value",
        value_5="value",
        value_6="value",
        value_7="value",
        value_8="value",
        value_9="value",
    message:
        "train {wildcards.variant}/seed~{wildcards.seed}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {params.value_3:q} {params.value_4:q} {params.value_5:q} {params.value_6:q} {params.value_7:q} {params.value_8:q} {params.value_9:q} {log:q}"


rule predict:
    input:
        INDEX[::2],
        "runs/{variant}/seed~{seed}/model_final.pth",
    output:
        "runs/{variant}/seed~{seed}/predictions.json.gz",
    log:
        "logs/predict/{variant}/seed~{seed}.log",
    benchmark:
        "benchmarks/predict/{variant}/seed~{seed}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
        value_3="value",
        value_4="value",
        value_5="value",
    message:
        "predict {wildcards.variant}/seed~{wildcards.seed}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {params.value_3:q} {params.value_4:q} {params.value_5:q} {log:q}"


rule evaluate:
    input:
        INDEX[::2],
        "runs/{variant}/seed~{seed}/run.json",
        "runs/{variant}/seed~{seed}/predictions.json.gz",
    output:
        "runs/{variant}/seed~{seed}/eval.json",
        "runs/{variant}/seed~{seed}/matches.npz",
    log:
        "logs/evaluate/{variant}/seed~{seed}.log",
    benchmark:
        "benchmarks/evaluate/{variant}/seed~{seed}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
    message:
        "evaluate {wildcards.variant}/seed~{wildcards.seed}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {log:q}"


rule audit:
    input:
        INDEX[:2],
        REGIONS,
        manifest,
    output:
        "privacy/{variant}.json",
    log:
        "logs/audit/{variant}.log",
    benchmark:
        "benchmarks/audit/{variant}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
        value_3="value",
    message:
        "audit {wildcards.variant}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {params.value_3:q} {log:q}"


rule draw:
    input:
        INDEX[:2],
        REGIONS,
    output:
        directory("pictures"),
    shell:
        "true"


rule treat:
    input:
        "pictures",
        "images/{variant}/.checked",
    output:
        directory("attacks/{variant}/pictures"),
    log:
        "logs/treat/{variant}.log",
    benchmark:
        "benchmarks/treat/{variant}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
    message:
        "treat {wildcards.variant}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {log:q}"


rule attack:
    input:
        INDEX[:2],
        REGIONS,
        manifest,
        "pictures",
        treated,
    output:
        "attacks/{variant}/success.json",
    log:
        "logs/attack/{variant}.log",
    benchmark:
        "benchmarks/attack/{variant}.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        value_0="value",
        value_1="value",
        value_2="value",
        value_3="value",
        value_4="value",
        value_5="value",
    message:
        "attack {wildcards.variant}"
    shell:
        "true {input:q} {output:q} {params.value_0:q} {params.value_1:q} {params.value_2:q} {params.value_3:q} {params.value_4:q} {params.value_5:q} {log:q}"


rule table:
    input:
        EVALUATIONS,
    output:
        "table_2.json",
    shell:
        "true"


rule privacy:
    input:
        [f"privacy/{name}.json" for name in VARIANTS],
        [f"attacks/{name}/success.json" for name in VARIANTS],
    output:
        "privacy.json",
    shell:
        "true"


rule verdict:
    input:
        EVALUATIONS,
        [f"images/{name}/manifest.parquet" for name in CHANGED],
    output:
        "verdict.json",
    shell:
        "true"


rule figures:
    input:
        EVALUATIONS,
        METRICS,
        "verdict.json",
        "privacy.json",
    output:
        "figures.svg",
    shell:
        "true"


rule report:
    input:
        EVALUATIONS,
        RECORDS,
        METRICS,
        "figures.svg",
    output:
        "report.html",
    shell:
        "true"
