#!/bin/sh
# A folder of books, pages and records becomes documents; personal data is masked, what is dropped is kept aside.
set -eu
cd "$(dirname "$0")"
tcm ingest sample/books sample/pages --drop-worst 0 --dropped /dev/null |
    python3 -c 'import json, sys; [print(json.loads(line)["source"].get("section", "-")) for line in sys.stdin]'
