#!/bin/sh
# Write constraints.txt anew: the newest versions that fit together, found by
# installing everything into a fresh environment with the Python given; and
# constraints-oldest.txt: the oldest that pyproject.toml admits.
# usage: tools/constraints.sh PYTHON TORCH
set -eu
python=${1:?usage: tools/constraints.sh PYTHON TORCH}
torch=${2:?usage: tools/constraints.sh PYTHON TORCH}
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$python" -m venv "$fresh"
"$fresh/bin/pip" install --quiet --upgrade pip
"$fresh/bin/pip" install --quiet "$torch"
"$fresh/bin/pip" install --quiet '.[torch,book]' --group site --group lab --group test
"$fresh/bin/pip" freeze --all --exclude dlam --exclude setuptools |
  sed 's/+cpu$//' | LC_ALL=C sort --ignore-case > constraints.txt
"$fresh/bin/pip" install --quiet uv
# The packages of CUDA are none of ours, and what installs is not installed.
"$fresh/bin/uv" pip compile --quiet --resolution lowest-direct --no-header \
  --no-annotate pyproject.toml --extra torch --extra book --group site --group test |
  grep -vE '^(cuda|nvidia|triton|torch|pip|setuptools)' > constraints-oldest.txt
grep -E '^(pip|torch)==' constraints.txt >> constraints-oldest.txt
echo "constraints.txt holds $(wc -l < constraints.txt) versions; now run make clean test"
