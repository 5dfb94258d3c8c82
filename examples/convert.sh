#!/bin/sh
# A question to Alpaca and back, then to a CSV table.
set -eu
echo '{"id":"q1","question":"桂枝汤的君药是什么？","answer":"桂枝"}' > one.jsonl
tcm convert one.jsonl --to alpaca -o alpaca.jsonl --quiet
cat alpaca.jsonl
tcm convert alpaca.jsonl --to messages --quiet
tcm convert one.jsonl --to csv --quiet
