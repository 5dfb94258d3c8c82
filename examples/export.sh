#!/bin/sh
# A model of random weights becomes one file for llama.cpp. With a trained one: tcm export out/grpo -o tcm.gguf
set -eu
python3 -c 'import torch, transformers, gguf, llama_cpp' 2>/dev/null ||
    { echo 'this needs the extras [train] and [gguf]: pip install "tcmkit[train,gguf]"'; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 examples/make_model.py "$folder/model"
tcm export "$folder/model" -o "$folder/tcm.gguf" --quant q8_0 > "$folder/record.json"
python3 -c '
import json, sys
record = json.load(open(sys.argv[1]))
print(record["quant"], record["size"], "bytes, verified:", record["verified"])
for row in record["table"]:
    print(row)' "$folder/record.json"
