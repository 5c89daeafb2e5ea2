#!/bin/sh
# Bring a version of KaTeX into book/_static/katex: the program, its style sheet
# without the older forms of the fonts, and the fonts.  Needs npm.
# usage: tools/katex.sh VERSION
set -eu
version=${1:?usage: tools/katex.sh VERSION}
cd "$(dirname "$0")/../book/_static/katex"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
npm pack --silent --pack-destination "$fresh" "katex@$version"
tar -xzf "$fresh"/katex-*.tgz -C "$fresh"
cp "$fresh/package/LICENSE" .
cp "$fresh"/package/dist/fonts/*.woff2 fonts/
cp "$fresh/package/dist/katex.min.js" .
sed -E 's/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)//g' \
  "$fresh/package/dist/katex-swap.min.css" > katex.min.css
# As all text here, they end in a new line.
for file in katex.min.js katex.min.css; do echo >> "$file"; done
