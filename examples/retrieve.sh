#!/bin/sh
# A table of two formulas becomes an index; a case is searched there, and then in the package's own formulas.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/formulas.csv" << 'TABLE'
方名,组成,功用,主治
桑菊饮,桑叶7.5g 菊花3g 杏仁6g 连翘5g 薄荷2.5g 桔梗6g 甘草2.5g 芦根6g,疏风清热，宣肺止咳,咳嗽，身热不甚，口微渴，脉浮数
理中丸,人参、干姜、炙甘草、白术各9g,温中祛寒，补气健脾,脘腹冷痛，喜温喜按，呕吐，便溏，舌淡苔白，脉沉细
TABLE
tcm retrieve index --quiet "$folder/formulas.csv" -o "$folder/index"
printf '%s\n' '{"text":"咳嗽三天，微发热，口微渴，无汗，苔薄白，脉浮数"}' > "$folder/case.jsonl"
show='
import json, sys
for line in sys.stdin:
    for hit in json.loads(line)["hits"]:
        shared = "，".join(pair["query"] for pair in hit["why"]["findings"])
        print(hit["rank"], hit["formula"]["name"], shared)'
tcm retrieve --quiet --top 1 --index "$folder/index" "$folder/case.jsonl" | python3 -c "$show"
tcm retrieve --quiet --query "往来寒热，胸胁苦满，心烦喜呕，口苦咽干，脉弦" | python3 -c "$show"
