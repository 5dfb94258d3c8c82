#!/bin/sh
# A model of random weights learns which of two answers is better, on the CPU, in half a minute.
set -eu
python3 -c 'import trl' 2>/dev/null || { echo 'this needs the extra [train]: pip install "tcmkit[train]"'; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 examples/make_model.py "$folder/model"
for sign in 咳嗽 头痛 失眠 腹胀; do
    echo "{\"prompt\":\"${sign}怎样调养？\",\"chosen\":\"先辨寒热，再定治法。\",\"rejected\":\"不必诊察。\"}"
done > "$folder/prefs.jsonl"
tcm dpo "$folder/prefs.jsonl" --model "$folder/model" -o "$folder/out" --gpus 0 \
    --learning-rate 1e-2 --batch 4 --epochs 4 --log-every 1 > "$folder/result.jsonl"
python3 -c '
import json, sys
result = json.load(open(sys.argv[1]))
print(result["steps"], "steps; the better answer preferred in", result["metrics"]["rewards/accuracies"])' "$folder/result.jsonl"
