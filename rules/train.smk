# One training and one prediction a run, that is a variant and a seed.
#
# What a run depends on is in its fingerprint: the images' digest, the variant, the recipe, the
# seed, the code. What comes from the index is therefore `ancient` (see anonymize.smk).


rule check_training:
    # On the machine that runs Snakemake: it may reach the internet where compute nodes do not.
    output:
        touch(f"{RESULTS}/runs/.checked"),
    log:
        f"{RESULTS}/logs/check_training.log",
    localrule: True
    conda:
        TRAINING_ENVIRONMENT
    params:
        settings=JOBS.training_settings,
    message:
        "Checking the recipe and the weights to start from"
    shell:
        "exec python -m workflow_scripts.training check --settings {params.settings:q}"
        " --log {log:q}"


rule doctor:
    # Not asked for by any other rule: the first thing to run on a new machine.
    log:
        f"{RESULTS}/logs/doctor.log",
    conda:
        TRAINING_ENVIRONMENT
    threads: 4
    resources:
        gpu=0,
        mem_mb=32000,
        runtime=30,
    params:
        settings=JOBS.training_settings,
        gpus=gpus_of_job,
    message:
        "Looking at versions, devices and the model"
    shell:
        "exec python -m workflow_scripts.training doctor --settings {params.settings:q}"
        " --gpus {params.gpus} --log {log:q}"


rule train:
    input:
        annotations=ancient(f"{RESULTS}/data/train.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checked=f"{RESULTS}/runs/.checked",
        anonymized=anonymized_images_of,
    output:
        checkpoint=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/model_final.pth",
        metrics=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/metrics.jsonl",
        run=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/run.json",
    log:
        f"{RESULTS}/logs/train/{{variant}}/seed~{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{variant}}/seed~{{seed}}.tsv"
    conda:
        TRAINING_ENVIRONMENT
    threads: 8
    resources:
        gpu=0,
        # A worker takes at most so many images through the model together, 0 all; another number
        # changes the memory that is needed, not the result.
        images_at_once=0,
        mem_mb=32000,
        runtime=1440,
    params:
        settings=JOBS.training_settings,
        fingerprint=run_fingerprint,
        images=image_root("train"),
        anonymized=anonymized_folder_option,
        seed_offset=seed_offset_of,
        folder=subpath(output.run, parent=True),
        gpus=gpus_of_job,
        minutes=minutes_option,
    message:
        "Training on variant {wildcards.variant}, seed {wildcards.seed}"
    shell:
        "exec python -m workflow_scripts.training train --settings {params.settings:q}"
        " --variant {wildcards.variant} --seed {wildcards.seed}"
        " --seed-offset {params.seed_offset} --fingerprint {params.fingerprint}"
        " --annotations {input.annotations:q} --images {params.images:q} {params.anonymized}"
        " --output {params.folder:q} {params.minutes}"
        " --gpus {params.gpus} --images-at-once {resources.images_at_once}"
        " --threads {threads} --log {log:q}"


rule predict:
    input:
        annotations=ancient(f"{RESULTS}/data/val.coco.json"),
        shards=ancient(f"{RESULTS}/data/shards.json"),
        checkpoint=f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/model_final.pth",
    output:
        f"{RESULTS}/runs/{{variant}}/seed~{{seed}}/predictions.json.gz",
    log:
        f"{RESULTS}/logs/predict/{{variant}}/seed~{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict/{{variant}}/seed~{{seed}}.tsv"
    conda:
        TRAINING_ENVIRONMENT
    threads: 4
    resources:
        gpu=0,
        mem_mb=16000,
        runtime=120,
    params:
        settings=JOBS.prediction_settings,
        fingerprint=prediction_fingerprint,
        images=image_root("val"),
        anonymized="",
        gpus=gpus_of_job,
    message:
        "Predicting with variant {wildcards.variant}, seed {wildcards.seed}"
    shell:
        "exec python -m workflow_scripts.training predict --settings {params.settings:q}"
        " --checkpoint {input.checkpoint:q} --annotations {input.annotations:q}"
        " --images {params.images:q} {params.anonymized} --output {output:q}"
        " --gpus {params.gpus} --threads {threads} --log {log:q}"
