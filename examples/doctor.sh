#!/bin/sh
# Is everything there that the base package needs?
set -eu
tcm doctor --json | python3 -c 'import json, sys; print("sound:", json.load(sys.stdin)["sound"])'
