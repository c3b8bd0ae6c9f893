# Weights that the config names: each file once, named by its content.
#
# A file's name identifies its content, so nothing depends on its source: if the config names
# another source for the same content, only the record is rewritten.


rule fetch_weights:
    output:
        "<weights>/{sha256}",
    log:
        "<logs>/fetch_weights/{sha256}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        settings=JOBS.sources_of_weights,
        folder=subpath(output[0], parent=True),
    message:
        "Fetching the weights {wildcards.sha256}"
    shell:
        "exec python -m workflow_scripts weights fetch --settings {params.settings:q}"
        " --only {wildcards.sha256} --output {params.folder:q} --log {log:q}"


rule record_weights:
    input:
        JOBS.weights_of(EXPERIMENT),
    output:
        "<weights_manifest>",
    log:
        "<logs>/record_weights.log",
    conda:
        "../envs/workflow.yaml"
    params:
        settings=JOBS.weights_settings,
        fingerprint=FINGERPRINTS.weights_record,
        folder=subpath(output[0], parent=True),
    message:
        "Recording the origin and licence of the weights"
    shell:
        "exec python -m workflow_scripts weights record --settings {params.settings:q}"
        " --folder {params.folder:q} --output {output:q} --log {log:q}"
