#!/bin/sh
# What the sample holds: documents and the questions made of them, as a table and as a page.
set -eu
tcm ingest examples/sample/books --drop-worst 0 --quiet > documents.jsonl
tcm gen-qa documents.jsonl --quiet > qa.jsonl
tcm stats documents.jsonl qa.jsonl --html stats.html --quiet
