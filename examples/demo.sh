#!/bin/sh
# The main job on the built-in engine: raw text in, questions with their evidence out.
set -eu
cd "$(dirname "$0")"
out=../demo-out
mkdir -p "$out"

echo "== tcm ingest | tcm clean-tqs | tcm gen-qa"
tcm ingest sample --drop-worst 0 --rejects "$out/rejects.jsonl" --dropped "$out/dropped.jsonl" > "$out/documents.jsonl" ||
    [ $? -eq 3 ]  # 3: done, and the one broken line of the sample was rejected
tcm clean-tqs "$out/documents.jsonl" -o "$out/cases.jsonl"
tcm gen-qa "$out/cases.jsonl" -o "$out/qa.jsonl"

echo
echo "== A case, cleaned"
tcm clean-tqs --quiet --limit 1 sample/records/outpatient.jsonl | python3 -c '
import json, sys
case = json.loads(sys.stdin.readline())
print(case["clean_text"])
print("removed:", ", ".join(sorted({item["category"] for item in case["removed"]})))'

echo
echo "== Three questions"
python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
lines = [qa for qa in lines if "options" not in qa]
for qa in lines[:: max(1, len(lines) // 3)][:3]:
    print("问：" + qa["question"])
    print("答：" + qa["answer"])' "$out/qa.jsonl"

echo
echo "All of it is in demo-out/: documents, cases, qa, and what was dropped or rejected with the reasons."
