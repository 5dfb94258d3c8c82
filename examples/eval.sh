#!/bin/sh
# Answers already given to two questions, judged strictly.
set -eu
printf '%s\n' \
    '{"question":"舌红苔黄，脉数，多属","options":["寒证","热证"],"answer":"B","completion":"<think>红黄数皆为热</think><answer>选B</answer>"}' \
    '{"question":"面白肢冷，脉沉迟，多属","options":["寒证","热证"],"answer":"A","completion":"<think></think><answer>不是A</answer>"}' |
    tcm eval exam --completions -
# A model sits an examination with its options shuffled, and two runs are compared question by question.
tcm eval exam examples/sample/exam.jsonl --llm scripted:exam -q > straight.jsonl
tcm eval exam examples/sample/exam.jsonl --llm scripted:exam -q --shuffle --compare straight.jsonl --html exam.html
# Whether the right formula of two cases is found, and how high.
printf '%s\n' \
    '{"query":"往来寒热，胸胁苦满，心烦喜呕，口苦，脉弦","formulas":["小柴胡汤"]}' \
    '{"query":"眩晕，头重，胸闷恶心，苔白腻，脉滑","formulas":"半夏白术天麻汤"}' |
    tcm eval retrieve -
# Syndromes predicted for two labelled records, scored.
printf '%s\n' \
    '{"text":"右侧肢体活动不利半年，乏力，气短，舌暗有瘀点，苔薄白，脉细涩。","syndrome":"气虚血瘀证"}' \
    '{"text":"腰部簇集水疱3天，灼热刺痛，口苦，舌红，苔黄腻，脉弦滑数。","syndrome":"肝经湿热证"}' |
    tcm classify --quiet | tcm eval syndrome --quiet
# A patient is played by rules, asked by the built-in engine, and the consultation is measured.
printf '%s\n' '{"text":"患者腹泻两天，大便稀溏，日行五次，伴腹痛肠鸣，口不渴，四肢不温，纳差，夜寐安，舌淡，苔白腻，脉沉细。","syndrome":"脾胃虚寒证"}' |
    tcm clean-tqs |
    tcm consult --patient simulated |
    tcm eval consult --summary score.json -
# Answers beside what they should say; this needs the extra [eval].
if python3 -c "import sacrebleu" 2> /dev/null; then
    printf '%s\n' \
        '{"prediction":"舌红苔黄腻，属湿热","references":["舌红，苔黄腻，证属湿热"]}' \
        '{"prediction":"予桂枝汤加减","references":["予麻黄汤加减"]}' |
        tcm eval text --tokens terms
fi
