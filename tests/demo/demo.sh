#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tells what nf_svc is for, with real packets. Its last line is
# "demo: N answered, N failed", and its exit status agrees.
#
# usage: make demo, or: tests/vm/run [--kernel K] tests/demo/demo.sh
set -eu
cd "$(dirname "$0")/manifests"
exec /usr/bin/python3 -B ../demo.py
