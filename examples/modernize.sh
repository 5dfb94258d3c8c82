#!/bin/sh
# Which text is classical, and what its doses weigh; then a translation (here: a canned reply) that keeps every term.
set -eu
lines() {
    printf '%s\n' \
        '{"id":"1","text":"太阳病，头痛发热，恶风无汗而喘者，麻黄汤主之。","meta":{"dynasty":"东汉"}}' \
        '{"id":"2","text":"患者三天前受凉后出现头痛、发热，没有出汗。"}'
}
lines | tcm modernize --quiet
lines | tcm modernize --llm scripted:demo --no-cache --quiet
echo '{"text":"桂枝三兩,水煎｡乃治太陽中風之方也｡","meta":{"dynasty":"东汉"}}' | tcm modernize --quiet
