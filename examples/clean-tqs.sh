#!/bin/sh
# One record from stdin: findings by dimension, with polarity.
set -eu
echo '{"text":"咳嗽3天，痰黄，无恶寒，纳可，舌红苔薄黄，脉浮数。"}' | tcm clean-tqs --quiet |
    python3 -c '
import json, sys
for dimension, findings in json.loads(sys.stdin.readline())["tqs"].items():
    print(dimension, [(finding["text"], finding["polarity"]) for finding in findings])'

# The same with a model that tells of one finding too many: it is not in the record, so it is refused.
echo '{"text":"咳嗽3天，痰黄，无恶寒，纳可，舌红苔薄黄，脉浮数。"}' | tcm clean-tqs --llm scripted:demo --no-cache --quiet |
    python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())["llm"])'
