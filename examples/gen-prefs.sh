#!/bin/sh
# A prescription with one error planted in it, and what proves the error; then a model's answer beside one that is given.
set -eu
echo '{"question":"风寒表实，无汗而喘，用什么方？","answer":"麻黄9g，桂枝6g，苦杏仁9g，炙甘草3g"}' |
    tcm gen-prefs --kinds dose,pair --quiet
echo '{"question":"桂枝汤由哪几味药组成？","answer":"桂枝汤能解肌发表。"}' |
    tcm gen-prefs --llm scripted:demo --no-cache --quiet
