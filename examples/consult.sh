#!/bin/sh
# A conversation; then a simulated patient, asked by the built-in engine: the syndrome, and the formulas that are closest.
set -eu
# A conversation, line by line: the complaint, age, sex, pregnancy, medicines, then answers; the report is a file.
printf '%s\n' 咳嗽三天，痰黄稠，嗓子痛 30 女 否 无 舌红，苔薄黄 脉浮数 没有 /done |
    tcm consult --plain --lang zh --report report.md
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
