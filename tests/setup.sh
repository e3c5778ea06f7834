#!/bin/sh
# What the tests need beyond Python packages: a Chromium for the browser tests, with fonts for our scripts.
set -eu
if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests ..."
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-noto-core fonts-noto-extra; } >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "No Chromium here: the browser tests are skipped. Install the package chromium to run them."
