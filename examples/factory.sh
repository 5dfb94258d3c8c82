#!/bin/sh
# The whole data factory, with no model: texts in; cases, questions, preferences, files for trainers, a page of figures out.
#
#     examples/factory.sh [DATA_FOLDER] [OUT_FOLDER]
#
# DATA_FOLDER may hold books/, pages/ or html/, papers/ or pdf/ with journals.csv (the target journals), records/ or cases/,
# dialogues/, and what must not be trained on: exam.jsonl or mcq/. What it does not hold is passed over. Without arguments
# the sample is used. JOBS=N says how many processes; else one for each core of the machine, on a folder of one's own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "${1:-$here/sample}" && pwd)
papers_of=${1:+$data}
papers_of=${papers_of:-$here}  # the papers of the sample stand beside it
out=${2:-factory-out}
jobs=${JOBS:-${1:+0}}
jobs=${jobs:-1}  # the sample is too small to share out
window=${1:+400}
window=${window:-120}  # and its papers are short
mkdir -p "$out"
cd "$out"

step() { printf '\n== %s\n' "$*"; }
run() { "$@" || [ $? -eq 3 ]; }  # 3: done; what could not be used was rejected, and is kept with the reason
there() { for each in "$@"; do [ ! -e "$each" ] || echo "$each"; done; }
books() { printf '%s\n' --summary "$1.summary.json" --dropped "$1.dropped.jsonl" --rejects "$1.rejects.jsonl"; }
IFS='
'  # names of files may hold blanks

step "ingest: books and pages"
run tcm ingest $(there "$data/books" "$data/pages" "$data/html") -j "$jobs" $(books ingest) -o raw.jsonl

step "ingest: papers, with the journals they appeared in"
: > papers.jsonl
journals=$(for each in $(there "$papers_of/journals.csv"); do
    printf '%s\n' --journals "$each" --journal-table journals.csv --offline
done)
for folder in $(there "$papers_of/papers" "$papers_of/pdf" | head -n 1); do
    run tcm ingest "$folder" --drop-worst 0 $journals $(books papers) -o papers.jsonl
done

step "screen: toxic content and identifiers go out"
run tcm screen raw.jsonl papers.jsonl -j "$jobs" $(books screen) -o screened.jsonl

step "modernize: the style of each document, standard characters, doses in grams"
run tcm modernize screened.jsonl -j "$jobs" $(books modernize) -o documents.jsonl

step "clean-tqs: case records by the Ten Questions Song"
run tcm clean-tqs $(there documents.jsonl "$data"/records/*.jsonl "$data"/cases/*.jsonl) --only-records -j "$jobs" \
    $(books clean-tqs) -o cases.jsonl

step "gen-qa: of each document; of papers by windows; of cases with one syndrome together"
run tcm gen-qa documents.jsonl cases.jsonl -j "$jobs" $(books gen-qa) -o qa-single.jsonl
run tcm gen-qa papers.jsonl --windows --window-chars "$window" $(books gen-qa-windows) -o qa-windows.jsonl
run tcm classify cases.jsonl -j "$jobs" --quiet -o predictions.jsonl
run tcm gen-qa predictions.jsonl --group-by syndrome --group-size 2 $(books gen-qa-groups) -o qa-groups.jsonl

step "convert: dialogues of others to questions and answers"
: > dialogues.jsonl
for folder in $(there "$data/dialogues"); do
    run tcm convert "$folder"/*.jsonl --to messages $(books dialogues) -o dialogues.jsonl
done

step "gen-prefs: right answers and wrong ones"
run tcm gen-prefs qa-single.jsonl --balance-length -j "$jobs" $(books gen-prefs) -o all-prefs.jsonl

step "decontaminate: nothing that the examinations ask"
against=$(for each in $(there "$data/exam.jsonl" "$data"/mcq/*.jsonl); do printf '%s\n' --against "$each"; done)
mkdir -p clean
for name in documents cases qa-single qa-windows qa-groups dialogues all-prefs; do
    clean="clean/${name#all-}.jsonl"
    if [ -n "$against" ] && [ -s "$name.jsonl" ]; then
        run tcm decontaminate "$name.jsonl" $against -j "$jobs" $(books "decontaminate-$name") -o "$clean"
    else
        cp "$name.jsonl" "$clean"
    fi
done
cat clean/qa-*.jsonl > clean/qa.jsonl
rm clean/qa-*.jsonl

step "convert: files for trainers"
run tcm convert clean/documents.jsonl --to trl --quiet -o train-pretrain.jsonl
run tcm convert clean/qa.jsonl clean/dialogues.jsonl --to messages --quiet -o train-sft.jsonl
run tcm convert clean/prefs.jsonl --to trl --quiet -o train-dpo.jsonl
run tcm convert clean/qa.jsonl --to alpaca $(books convert) -o train-alpaca.jsonl

step "stats: what came out"
run tcm stats clean/*.jsonl -j "$jobs" --html stats.html -o stats.txt
cat stats.txt
printf '\nThe page: %s/stats.html\n' "$PWD"
