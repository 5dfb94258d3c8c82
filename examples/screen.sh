#!/bin/sh
# What strangers wrote, screened by rules; then by a model (here: canned replies), which is asked only about the rest.
set -eu
lines() {
    printf '%s\n' \
        '{"id":"1","text":"失眠多梦，心烦口渴，舌红少苔，脉细数。"}' \
        '{"id":"2","text":"祖传秘方，包治百病，无效退款！"}' \
        '{"id":"3","text":"姓名：李秀兰，电话：13812345678。头晕三天。"}'
}
lines | tcm screen --keep --quiet
lines | tcm screen --llm scripted:demo --no-cache --dropped /dev/null
