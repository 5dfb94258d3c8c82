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

# A model of your own: two syndromes, told apart by what the records of one ward write.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for day in 2 3 4 5; do
    printf '%s\n' \
        "{\"text\":\"患者${day}天前受凉，咳嗽，痰白，鼻塞，苔薄白，脉浮紧。\",\"syndrome\":\"风寒袭肺证\"}" \
        "{\"text\":\"患者${day}天前胃痛，泛酸，口苦，舌红苔黄，脉弦数。\",\"syndrome\":\"肝胃郁热证\"}"
done > "$folder/labelled.jsonl"
tcm classify fit "$folder/labelled.jsonl" -o "$folder/model"
echo '{"text":"胃痛2天，泛酸，口苦，舌红苔黄。"}' | tcm classify --quiet --model "$folder/model" |
    python3 -c 'import json, sys; made = json.load(sys.stdin); print(made["syndrome"], made["score"])'
