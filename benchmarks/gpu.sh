#!/usr/bin/env bash
# What a GPU that is at hand for ten minutes can tell, in eight: whether everything works (doctor,
# stop and resume with equal weights, prediction, a shortened Table II), and how fast training is
# beside detectron2's own trainer, in every precision, with memory and utilisation.
#
#   benchmarks/gpu.sh WHEELS [--output FOLDER]   # makes an environment from the wheels first
#   PYTHON=/path/to/python benchmarks/gpu.sh     # takes an environment that is there
#   … --cpu                                      # the same at small size, without a GPU
#
# It needs this checkout and no network. It ends after eight minutes, and what it has found by then
# is in results/gpu/gpu.json and gpu.md (or FOLDER), whose table is made for docs/detectron2.md.
# Without detectron2 it measures the torchvision engine, and says what it left out.
#
# WHEELS is a folder of wheels, made beforehand on a machine with a network and the same Python, in an
# environment of this checkout (`make setup`):
#
#   .venv/bin/uv pip install pip 'setuptools<81' wheel ninja
#   .venv/bin/python -m pip wheel --no-deps --require-hashes -r envs/requirements.lock -w WHEELS
#   .venv/bin/python -m pip wheel --no-deps uv -w WHEELS
#
# and detectron2 with what else it needs, from a checkout of its source. For this the machine needs
# the CUDA compiler, no GPU; the architecture is the GPU's compute capability, such as 9.0 for H100
# and H200:
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
    # Hashes were compared when the folder was made; wheels that were built there have others.
    "${install[@]}" --no-deps --no-verify-hashes -r envs/requirements.lock
    if compgen -G "$wheels/detectron2-*.whl" >/dev/null; then
        "${install[@]}" detectron2
    fi
fi

"${PYTHON:-.venv/bin/python}" -m benchmarks.gpu --spent $(($(date +%s) - started)) "$@"
