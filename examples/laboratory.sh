#!/bin/sh
# A small laboratory: old books to a model in one file, and a consultation that it leads.
#     laboratory.sh [FOLDER [MODEL [BOOKS [EXAM]]]]
# Without MODEL one of random weights is made and taught for a few steps on the CPU: it shows the way, not a result.
set -eu
python3 -c 'import trl, gguf, llama_cpp' 2>/dev/null ||
    { echo 'this needs the extras [train] and [gguf]: pip install "tcmkit[train,gguf]"'; exit 0; }
out=${1:-laboratory-out} model=${2:-} books=${3:-examples/sample} exam=${4:-examples/sample/exam.jsonl}
small=''
mkdir -p "$out"
if [ -z "$model" ]; then
    model=$out/model small='--gpus 0 --method full --batch 2 --max-steps 2 --log-every 1'
    [ -d "$model" ] || python3 examples/make_model.py "$model"
fi

echo '== corpus' >&2
tcm ingest "$books" --drop-worst 0 -o "$out/documents.jsonl" || [ $? -eq 3 ] # 3: a line was rejected, and is named
tcm clean-tqs "$out/documents.jsonl" -o "$out/cases.jsonl"

echo '== questions' >&2
tcm gen-qa "$out/cases.jsonl" -o "$out/qa.jsonl"
tcm decontaminate "$out/qa.jsonl" --against "$exam" -o "$out/clean.jsonl"
tcm gen-prefs "$out/clean.jsonl" -o "$out/prefs.jsonl"

echo '== model' >&2
tcm sft "$out/documents.jsonl" --stage pretrain --model "$model" -o "$out/base" $small --max-tokens 256 > "$out/base.json"
tcm sft "$out/clean.jsonl" --model "$out/base" -o "$out/sft" $small --max-tokens 512 > "$out/sft.json"
tcm dpo "$out/prefs.jsonl" --model "$out/sft" -o "$out/dpo" $small --max-tokens 512 > "$out/dpo.json"
tcm grpo "$exam" --model "$out/dpo" -o "$out/grpo" $small ${small:+--group 2 --max-new-tokens 8} > "$out/grpo.json"

echo '== examination' >&2
tcm eval exam "$exam" --llm "hf:$out/grpo" ${small:+--max-tokens 32} \
    -o "$out/exam.jsonl" --summary "$out/exam.json" || [ $? -eq 3 ] # 3: an answer longer than allowed

echo '== one file' >&2
tcm export "$out/grpo" -o "$out/tcm.gguf" --quant q8_0 > "$out/export.json"

echo '== consultation' >&2
printf '%s\n' '{"text":"患者咳嗽3天，痰黄稠，咽痛，口渴，无汗，二便调，舌红，苔薄黄，脉浮数。"}' |
    tcm consult --patient simulated --llm "gguf:$out/tcm.gguf" --max-rounds 2 ${small:+--max-tokens 32} \
        -o "$out/consultation.jsonl"
wc -l "$out"/*.jsonl
