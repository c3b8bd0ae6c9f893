#!/usr/bin/env bash
# Eight minutes of measurements on a GPU: whether everything works (doctor, stop and resume with equal
# weights, prediction, a shortened Table II), and how fast training is compared with detectron2's own
# trainer, in every precision, with memory and utilisation.
#
#   benchmarks/gpu.sh WHEELS [--output FOLDER]   # makes an environment from the wheels first
#   PYTHON=/path/to/python benchmarks/gpu.sh     # uses an existing environment
#   … --cpu                                      # the same at small size, without a GPU
#
# It needs this checkout and no network. It ends after eight minutes. The results so far are in
# results/gpu/gpu.json and gpu.md (or FOLDER); the table has the format of docs/detectron2.md.
# Without detectron2, it measures the torchvision engine and reports what it left out.
#
# WHEELS is a folder of wheels, built beforehand on a machine with network access and the same Python,
# in an environment of this checkout (`make setup`):
#
#   .venv/bin/uv pip install pip 'setuptools<81' wheel ninja
#   .venv/bin/python -m pip wheel --no-deps --require-hashes -r envs/requirements.lock -w WHEELS
#   .venv/bin/python -m pip wheel --no-deps uv -w WHEELS
#
# and detectron2 with its dependencies, from a checkout of its source. This needs the CUDA compiler,
# but no GPU; the architecture is the GPU's compute capability, such as 9.0 for H100 and H200:
#
#   grep -oE '^[A-Za-z0-9_.-]+==[^ ;]+' envs/requirements.lock > pins.txt
#   FORCE_CUDA=1 TORCH_CUDA_ARCH_LIST=9.0 .venv/bin/python -m pip wheel --no-build-isolation \
#       --constraint pins.txt --find-links WHEELS -w WHEELS DETECTRON2_SOURCE
set -euo pipefail
started=$(date +%s)
cd "$(dirname "$0")/.."

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
    exit
fi

if [[ -n ${1:-} && $1 != --* ]]; then
    wheels=$(realpath "$1")
    shift
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "${PYTHON:-python3}" -m venv "$folder"
    PYTHON=$folder/bin/python
    offline=(--no-index --find-links "$wheels")
    "$PYTHON" -m pip install --quiet --disable-pip-version-check "${offline[@]}" uv
    install=("$folder/bin/uv" pip install --quiet --offline --python "$PYTHON" "${offline[@]}")
    # Hashes were compared when the folder was made; wheels built there have different ones.
    "${install[@]}" --no-deps --no-verify-hashes -r envs/requirements.lock
    if compgen -G "$wheels/detectron2-*.whl" >/dev/null; then
        "${install[@]}" detectron2
    fi
fi

"${PYTHON:-.venv/bin/python}" -m benchmarks.gpu --spent $(($(date +%s) - started)) "$@"
