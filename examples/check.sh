#!/bin/sh
# One prescription and one patient's words from stdin: what was found, and where.
set -eu
printf '%s\n' \
    '{"prescription":"黑顺片10g（先煎），法半夏9g，甘草6g","patient":{"sex":"男","age":"45岁"}}' \
    '{"text":"我爸刚才突然胸口绞痛，出了一身冷汗"}' | tcm check --quiet |
    python3 -c '
import json, sys
for line in sys.stdin:
    safety = json.loads(line)["safety"]
    print(safety["status"])
    for finding in safety["findings"]:
        print("   ", finding["code"], finding["message"])'
