#!/bin/sh
# What the call cache holds; forgetting what is old, or everything.
set -eu
tcm cache stats --cache calls.sqlite
tcm cache prune --older-than 30d --cache calls.sqlite
tcm cache clear --cache calls.sqlite
