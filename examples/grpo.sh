#!/bin/sh
# A model of random weights answers two questions, on the CPU; it learns nothing, and is told so by a reward of our own.
set -eu
python3 -c 'import trl' 2>/dev/null || { echo 'this needs the extra [train]: pip install "tcmkit[train]"'; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 examples/make_model.py "$folder/model"
printf '%s\n' \
    '{"question":"舌红苔黄，脉数，多属","options":["寒证","热证"],"answer":"B"}' \
    '{"question":"面白肢冷，脉沉迟，多属","options":["寒证","热证"],"answer":"A"}' > "$folder/exam.jsonl"
cat > "$folder/brevity.py" <<'END'
def brevity(completions, **columns):
    return [1 / (1 + len(text[-1]["content"])) for text in completions]
END
tcm grpo "$folder/exam.jsonl" --model "$folder/model" -o "$folder/out" --gpus 0 --method full --batch 2 --group 2 \
    --max-steps 2 --max-new-tokens 8 --log-every 1 --reward "$folder/brevity.py:brevity" > "$folder/result.jsonl"
python3 -c '
import json, sys
answers = [json.loads(line) for line in open(sys.argv[1])]
print(len(answers), "answers drawn, rewarded by", ", ".join(answers[0]["rewards"]))' "$folder/out/completions.jsonl"
