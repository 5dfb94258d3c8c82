#!/bin/sh
# Two records: the syndrome, what spoke for it, and what to ask next.
set -eu
printf '%s\n' \
    '{"text":"头晕3天，视物旋转，恶心，呕吐痰涎，胸闷，舌苔白腻，脉弦滑。"}' \
    '{"text":"右侧肢体活动不利半年，乏力，气短，自汗，舌暗有瘀点，苔薄白，脉细涩。"}' |
    tcm classify --ask 2 --quiet |
    python3 -c '
import json, sys
for line in sys.stdin:
    made = json.loads(line)
    print(made["syndrome"], made["score"], [reason["text"] for reason in made["why"]["for"]])
    print("    disease:", [found["name"] for found in made["why"]["disease"]], "ask:", [row["sign"] for row in made["ask"]])'
