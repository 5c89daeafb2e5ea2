#!/bin/sh
# Write constraints.txt anew: the newest versions that fit together and that the
# oldest Python which pyproject.toml admits can have, found by installing everything
# into a fresh environment with the Python given; and constraints-oldest.txt: the
# oldest versions that pyproject.toml admits.
# usage: tools/constraints.sh PYTHON TORCH
set -eu
python=${1:?usage: tools/constraints.sh PYTHON TORCH}
torch=${2:?usage: tools/constraints.sh PYTHON TORCH}
cd "$(dirname "$0")/.."
oldest=$(sed -n 's/^requires-python = ">=\(.*\)"$/\1/p' pyproject.toml)
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$python" -m venv "$fresh"
"$fresh/bin/pip" install --quiet --upgrade pip uv
# The packages of CUDA are none of ours, and what installs is not installed.
resolve() {
  "$fresh/bin/uv" pip compile --quiet --python-version "$oldest" --no-header \
    --no-annotate pyproject.toml --extra torch --extra book --group site \
    --group test "$@" | grep -vE '^(cuda|dlam|nvidia|triton|torch|pip|setuptools)'
}
resolve --group lab > "$fresh/newest.txt"
"$fresh/bin/pip" install --quiet "$torch"
"$fresh/bin/pip" install --quiet -c "$fresh/newest.txt" '.[torch,book]' \
  --group site --group lab --group test
"$fresh/bin/pip" freeze --all --exclude dlam --exclude setuptools --exclude uv |
  sed 's/+cpu$//' | LC_ALL=C sort --ignore-case > constraints.txt
resolve --resolution lowest-direct > constraints-oldest.txt
grep -E '^(pip|torch)==' constraints.txt >> constraints-oldest.txt
echo "constraints.txt holds $(wc -l < constraints.txt) versions; now run make clean test"
