#!/bin/sh
# Two training lines: one holds an examination question with its options in another order, one is about something else.
set -eu
printf '%s\n' \
    '{"question":"風寒表實證而見無汗而喘者,首選方劑是?","options":{"A":"銀翹散","B":"桑菊飲","C":"麻黃湯","D":"桂枝湯"},"answer":"C"}' \
    '{"question":"桂枝汤与麻黄汤的区别是什么？","answer":"一治有汗之表虚，一治无汗之表实。"}' |
    tcm decontaminate --against examples/sample/exam.jsonl --dropped leaked.jsonl
python3 -c '
import json
for line in open("leaked.jsonl", encoding="utf-8"):
    print(json.loads(line)["dropped"])'
