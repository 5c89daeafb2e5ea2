#!/bin/sh
# Bring a version of reveal.js into kit/reveal: the program, its style sheet
# and the window for the speaker.  Needs npm.
# usage: kit/reveal.sh VERSION
set -eu
version=${1:?usage: kit/reveal.sh VERSION}
cd "$(dirname "$0")/reveal"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
npm pack --silent --pack-destination "$fresh" "reveal.js@$version"
tar -xzf "$fresh"/reveal.js-*.tgz -C "$fresh"
cp "$fresh/package/LICENSE" .
cd "$fresh/package/dist"
cp reveal.js reveal.css plugin/notes.js "$OLDPWD"
cd "$OLDPWD"
# As all text here, they have no tabs, no blanks at the end of a line, and end in
# a new line.
for file in LICENSE *.js *.css; do
  sed -i -E 's/\t/  /g; s/[ ]+$//' "$file"
  test -z "$(tail -c 1 "$file")" || echo >> "$file"
done
