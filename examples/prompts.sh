#!/bin/sh
# Which tasks have a prompt, and the text of one.
set -eu
tcm prompts list
tcm prompts show modernize
