#!/bin/sh
# A simulated patient, asked by the built-in engine: the syndrome, and the formulas that are closest.
set -eu
printf '%s\n' '{"text":"咳嗽三天，痰黄稠，口渴喜饮，咽痛，发热，大便干，小便黄，舌红，苔薄黄，脉浮数。"}' |
    tcm consult --patient simulated --quiet |
    python3 -c '
import json, sys
found = json.loads(sys.stdin.readline())["consultation"]
for turn in found["turns"][:5]:
    print(turn["role"] + ":", turn["text"])
advice = found["advice"]
print(advice["syndrome"]["syndrome"], advice["principle"])
for hit in advice["formulas"]:
    print(hit["rank"], hit["formula"]["name"], hit["safety"]["status"])'
