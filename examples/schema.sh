#!/bin/sh
# The fields that every question line has.
set -eu
tcm schema qa | python3 -c 'import json, sys; print(json.load(sys.stdin)["required"])'
