#!/usr/bin/env bash
# Installs the linters and generators of clients that the tests use, in the versions pinned beside this
# script, into ~/.cache/realtimechat-generators or the folder given. Needs npm, Maven, Java and Python.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$HOME/.cache/realtimechat-generators}
pins=(package.json package-lock.json pom.xml requirements.txt)

up_to_date() {
  [ -e "$to/ready" ] || return 1
  for pin in "${pins[@]}"; do cmp -s "$here/$pin" "$to/$pin" || return 1; done
}

up_to_date && exit 0
rm -rf "$to"
mkdir -p "$to"
for pin in "${pins[@]}"; do cp "$here/$pin" "$to"; done
cd "$to"
npm ci --ignore-scripts --no-audit --no-fund
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=jars
python3 -m venv python
python/bin/pip install --quiet --requirement requirements.txt
touch ready
