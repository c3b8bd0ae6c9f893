# Average precision of each run, on the validation images and on anonymized ones.
#
# What becomes of the validation images has a priority: what cannot work is found before the
# trainings.


use rule detect_pii as detect_pii_val with:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checked=f"{RESULTS}/pii/.checked",
        weights=JOBS.weights_of(EXPERIMENT.pii),
    output:
        f"{RESULTS}/pii/val/{{shard}}.parquet",
    log:
        f"{RESULTS}/logs/detect_pii/val/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/detect_pii/val/{{shard}}.tsv"
    priority: 1
    params:
        images=image_root("val"),
    message:
        "Detecting faces and license plates in validation images, shard {wildcards.shard}"


rule evaluate:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        regions=regions_of_tests,
        predictions=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/predictions.json.gz",
        run=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/run.json",
    output:
        evaluation=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/eval.json",
        matches=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/matches.npz",
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
        regions=regions_option,
        tested_on="unmodified",
    message:
        "Evaluating variant {wildcards.variant}, seed {wildcards.seed}"
    shell:
        "exec python -m workflow_scripts.evaluation --annotations {input.annotations:q}"
        " --predictions {input.predictions:q} --run {input.run:q}"
        " --output {output.evaluation:q} --matches {output.matches:q}"
        " --tested-on {params.tested_on} {params.regions}"
        " --log {log:q}"


use rule check_variant as check_variant_val with:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
    output:
        touch(f"{RESULTS}/images/{{variant}}/val/.checked"),
    log:
        f"{RESULTS}/logs/check_variant/{{variant}}.val.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_variant/{{variant}}.val.tsv"
    priority: 1
    message:
        "Checking that variant {wildcards.variant} can be made of the validation images"


use rule anonymize as anonymize_val with:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checked=f"{RESULTS}/images/{{variant}}/val/.checked",
        regions=f"{RESULTS}/pii/val/{{shard}}.parquet",
    output:
        directory(f"{RESULTS}/images/{{variant}}/val/{{shard}}"),
    log:
        f"{RESULTS}/logs/anonymize/{{variant}}/val/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/anonymize/{{variant}}/val/{{shard}}.tsv"
    priority: 1
    params:
        images=image_root("val"),
    message:
        "Anonymizing validation images, variant {wildcards.variant}, shard {wildcards.shard}"


use rule gather_images as gather_images_val with:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        folders=folders_of_test_shards,
    output:
        f"{RESULTS}/images/{{variant}}/val/manifest.parquet",
    log:
        f"{RESULTS}/logs/gather_images/{{variant}}.val.log",
    benchmark:
        f"{RESULTS}/benchmarks/gather_images/{{variant}}.val.tsv"
    message:
        "Listing the validation images of variant {wildcards.variant}"


use rule predict as predict_on with:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checkpoint=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/model_final.pth",
        anonymized=f"{RESULTS}/images/{{tested}}/val/manifest.parquet",
    output:
        f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/on~{{tested}}/predictions.json.gz",
    log:
        f"{RESULTS}/logs/predict/{{variant}}/seed~{{seed}}/on~{{tested}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict/{{variant}}/seed~{{seed}}/on~{{tested}}.tsv"
    params:
        fingerprint=tested_prediction_fingerprint,
        anonymized=f"--anonymized {RESULTS}/images/{{tested}}/val",
    message:
        "Predicting with variant {wildcards.variant}, seed {wildcards.seed}, on {wildcards.tested}"


use rule evaluate as evaluate_on with:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        regions=regions_of_tests,
        predictions=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/on~{{tested}}/predictions.json.gz",
        run=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/run.json",
    output:
        evaluation=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/on~{{tested}}/eval.json",
        matches=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/on~{{tested}}/matches.npz",
    log:
        f"{RESULTS}/logs/evaluate/{{variant}}/seed~{{seed}}/on~{{tested}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{variant}}/seed~{{seed}}/on~{{tested}}.tsv"
    params:
        tested_on="{tested}",
    message:
        "Evaluating variant {wildcards.variant}, seed {wildcards.seed}, on {wildcards.tested}"
