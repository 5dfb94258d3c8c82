#!/bin/sh
# Questions on herbs and formulas alone; every answer stands in its document.
set -eu
cd "$(dirname "$0")"
tcm ingest sample/books --drop-worst 0 --quiet | tcm gen-qa --kinds herb,formula --quiet |
    python3 -c 'import json, sys; [print(json.loads(line)["question"]) for line in sys.stdin]'
