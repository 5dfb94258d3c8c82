#!/bin/sh
# A model of random weights learns a few answers, on the CPU, in half a minute. With a real one: --model Qwen2.5-0.5B-Instruct
set -eu
python3 -c 'import trl' 2>/dev/null || { echo 'this needs the extra [train]: pip install "tcmkit[train]"'; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 examples/make_model.py "$folder/model"
for sign in 咳嗽 头痛 失眠 腹胀; do
    echo "{\"question\":\"${sign}怎样调养？\",\"answer\":\"先辨寒热虚实，再定治法。\"}"
done > "$folder/qa.jsonl"
tcm sft "$folder/qa.jsonl" --model "$folder/model" -o "$folder/out" --gpus 0 \
    --method full --learning-rate 1e-2 --batch 4 --epochs 8 --log-every 2 > "$folder/result.jsonl"
python3 -c '
import json, sys
result = json.load(open(sys.argv[1]))
print(result["steps"], "steps on", result["data"]["rows"], "rows; loss", round(result["metrics"]["loss"], 2))' "$folder/result.jsonl"
