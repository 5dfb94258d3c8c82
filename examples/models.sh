#!/bin/sh
# Which models are on this machine. Fetching one needs a network, so it is only shown:
#   tcm models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q4_k_m.gguf --hub modelscope
set -eu
tcm models
