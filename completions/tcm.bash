# Bash takes a colon for the end of a word, and names of models have one (gguf:model.gguf):
# words are split at blanks here, and what stands before the last colon is not offered a second time.
_tcm_completion() {
    local line="${COMP_LINE:0:COMP_POINT}" current="" IFS=$' \t\n'
    local words=($line)
    [[ "$line" == *[[:blank:]] ]] && words+=("") || current="${words[-1]}"
    IFS=$'\n'
    COMPREPLY=($(COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) _TCM_COMPLETE=complete_bash "$1"))
    [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
    return 0
}

complete -o default -o nospace -F _tcm_completion tcm tcmkit
