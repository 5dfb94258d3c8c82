#!/bin/sh
# A prescription with one error planted in it, and what proves the error.
set -eu
echo '{"question":"风寒表实，无汗而喘，用什么方？","answer":"麻黄9g，桂枝6g，苦杏仁9g，炙甘草3g"}' |
    tcm gen-prefs --kinds dose,pair --quiet
