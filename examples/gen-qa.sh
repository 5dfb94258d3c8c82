#!/bin/sh
# Questions on herbs and formulas alone; every answer stands in its document.
set -eu
cd "$(dirname "$0")"
tcm ingest sample/books --drop-worst 0 --quiet | tcm gen-qa --kinds herb,formula --quiet |
    python3 -c 'import json, sys; [print(json.loads(line)["question"]) for line in sys.stdin]'

# With a model. It first adds 附子, which is not in the passage: it is told so, and corrects itself.
echo '{"text":"麻黄，味辛性温。发汗散寒，宣肺平喘，利水消肿。煎服，3～9g。体虚自汗者慎用。","source":{"title":"验药小记"}}' |
    tcm gen-qa --llm scripted:demo --kinds qa,dialogue --no-cache --quiet |
    python3 -c '
import json, sys
for line in sys.stdin:
    for message in json.loads(line)["messages"]:
        print(message["role"] + ":", message["content"])'
