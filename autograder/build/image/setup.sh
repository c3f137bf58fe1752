#!/usr/bin/env bash
# Installs what grading needs with Python's own venv and pip: no conda, no compiler, no browser.
# Works on ubuntu:22.04 (Python 3.10) and debian:bookworm-slim (Python 3.11), for otter-grader and Gradescope.
set -euo pipefail
source_dir=/autograder/source
venv=/opt/grading

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends python3 python3-venv ca-certificates
apt-get clean
rm -rf /var/lib/apt/lists/*

python3 -m venv "$venv"
"$venv/bin/python" -m pip install --no-cache-dir --no-compile --disable-pip-version-check \
    --no-deps --require-hashes --only-binary :all: -r "$source_dir/requirements.txt"

# The grader itself: pure Python, unpacked where Python finds it, readable by the grading user only.
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$venv/bin/python" -m zipfile -e "$source_dir/requirements.grader.zip" "$packages"
chmod -R go-rwx "$packages/autograder"
"$venv/bin/python" -c 'import autograder.platforms.otter'
