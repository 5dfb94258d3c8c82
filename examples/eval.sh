#!/bin/sh
# Answers already given to two questions, judged strictly.
set -eu
printf '%s\n' \
    '{"question":"舌红苔黄，脉数，多属","options":["寒证","热证"],"answer":"B","completion":"<think>红黄数皆为热</think><answer>选B</answer>"}' \
    '{"question":"面白肢冷，脉沉迟，多属","options":["寒证","热证"],"answer":"A","completion":"<think></think><answer>不是A</answer>"}' |
    tcm eval exam --completions -
