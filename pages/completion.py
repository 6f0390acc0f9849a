#!/usr/bin/python3
"""The completion of bash, zsh and fish, made while building from the table of verbs (tables.c).

    completion.py TABLES SHELL OUTPUT

What a word may be stands in the table: INSTANCE and NODE are asked of the daemon (`holdfast inspect
names`, which is quick, and silent without a daemon), FILE and VERB are offered by the shell; small
letters are words to choose from, and any other capitals are for the person to fill in.
"""

import json
import sys
from pathlib import Path

HEAD = "# Completion of holdfast(1) for {shell}; made from the tables of the program.\n"
ASKED = {"INSTANCE": "instances", "NODE": "nodes"}


def names_of(option):
    return [name for name in (option["name"], option["letter"]) if name and name.startswith("-")]


def options_of(verb):
    return [option for option in verb["options"] if names_of(option)]


def kind_of(word):
    """instances, nodes, FILE, VERB, "" (nothing to offer), or a list of words to choose from."""
    if word in ASKED:
        return ASKED[word]
    return word if word in ("FILE", "VERB") else ""


def alternatives(word):
    """One place of the usage: (words to choose from, what else may stand there)."""
    parts = word.split("|")
    return [part for part in parts if not part.isupper()], [
        kind for part in parts if part.isupper() and (kind := kind_of(part))]


# -- bash --------------------------------------------------------------------------------------

BASH = r'''
# A line for each thing that may stand at this place: @KIND, or words to choose from.
_holdfast_offer() # PROGRAM CURRENT KIND...
{
    local program=$1 current=$2 kind
    shift 2
    for kind; do
        case $kind in
            @instances | @nodes)
                compgen -W "$("$program" inspect names "${kind#@}" 2>/dev/null)" -- "$current" ;;
            @FILE) compgen -f -- "$current" ;;
            @VERB) compgen -W "$_holdfast_verbs" -- "$current" ;;
            *) compgen -W "$kind" -- "$current" ;;
        esac
    done
}

_holdfast()
{
    local program=$1 current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} place=0 i word kind
    local -a kinds=()
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        kinds=(@VERB)
    else
        # Bash makes three words of --option=value.
        [[ $current == = ]] && current=
        for ((i = 2; i < COMP_CWORD; i++)); do
            word=${COMP_WORDS[i]}
            if kind=$(_holdfast_value "$verb" "$word"); then
                [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
                if ((++i >= COMP_CWORD)); then
                    [[ $kind ]] || return
                    kinds=("$kind")
                fi
            elif [[ $word != -* ]]; then
                ((place++))
            fi
        done
        if ((${#kinds[@]} == 0)); then
            [[ $current == -* ]] || mapfile -t kinds < <(_holdfast_place "$verb" "$place")
            ((${#kinds[@]})) || kinds=("$(_holdfast_options "$verb")")
        fi
    fi
    for kind in "${kinds[@]}"; do # in this shell, not in a child: compopt is for it
        [[ $kind == @FILE ]] && compopt -o filenames 2>/dev/null
    done
    mapfile -t COMPREPLY < <(_holdfast_offer "$program" "$current" "${kinds[@]}")
}

complete -F _holdfast holdfast
'''


def bash(verbs):
    out = [HEAD.format(shell="bash"),
           f"_holdfast_verbs='{' '.join(verb['name'] for verb in verbs)}'\n"]
    out.append("# What the option of a verb takes as its value; fails when it takes none.\n"
               "_holdfast_value() # VERB OPTION\n{\n    case $1,$2 in")
    for verb in verbs:
        for option in options_of(verb):
            if option["value"]:
                pattern = " | ".join(f"{verb['name']},{name}" for name in names_of(option))
                kind = kind_of(option["value"])
                out.append(f"        {pattern}) echo '{'@' + kind if kind else ''}' ;;")
    out.append("        *) return 1 ;;\n    esac\n}\n")
    out.append("_holdfast_options() # VERB\n{\n    case $1 in")
    for verb in verbs:
        names = " ".join(name for option in options_of(verb) for name in names_of(option))
        if names:
            out.append(f"        {verb['name']}) echo '{names}' ;;")
    out.append("    esac\n}\n")
    out.append("# What may stand at a place behind a verb, a line each; places count from 0.\n"
               "_holdfast_place() # VERB PLACE\n{\n    case $1,$2 in")
    for verb in verbs:
        for place, word in enumerate(verb["words"]):
            choice, kinds = alternatives(word)
            lines = " ".join(f"'{line}'" for line in [*choice, *(f"@{kind}" for kind in kinds)])
            out.append(f"        {verb['name']},{place}) printf '%s\\n' {lines} ;;")
    out.append("    esac\n}")
    return "\n".join(out) + "\n" + BASH


# -- zsh ---------------------------------------------------------------------------------------

ZSH = r'''
_holdfast_names() { # what the names are of
    local -a names
    names=(${(f)"$(_call_program holdfast-$1 holdfast inspect names $1 2>/dev/null)"})
    (( $#names )) && _describe -t holdfast-$1 $1 names
}

_holdfast_instances() { _holdfast_names instances }
_holdfast_nodes() { _holdfast_names nodes }
'''


def zsh_text(text):
    """A text inside a specification inside single quotes."""
    for sign in ("\\", "[", "]", ":"):
        text = text.replace(sign, "\\" + sign)
    return text.replace("'", "'\\''")


ZSH_ACTIONS = {"instances": "_holdfast_instances", "nodes": "_holdfast_nodes", "FILE": "_files",
               "VERB": "_holdfast_verbs", "": " "}


def zsh_option(option):
    names = names_of(option)
    begin = f"'{names[0]}" if len(names) == 1 else f"'({' '.join(names)})'{{{','.join(names)}}}'"
    value = ""
    if option["value"]:
        value = f":{zsh_text(option['value'])}:{ZSH_ACTIONS[kind_of(option['value'])]}"
    repeat = "*" if option["name"] == "--facts" else ""
    return begin.replace("'--", f"'{repeat}--", 1) + f"[{zsh_text(option['text'])}]{value}'"


def zsh_place(verb, place, word):
    choice, kinds = alternatives(word)
    actions = [f"holdfast-words\\:word\\:\"({' '.join(choice)})\""] if choice else []
    actions += [f"{kind.lower()}\\:{kind.lower()}\\:{ZSH_ACTIONS[kind]}" for kind in kinds]
    if len(actions) == 1 and not choice:
        return f"'{place + 1}:{word}:{ZSH_ACTIONS[kinds[0]]}'"
    if not kinds:
        return f"'{place + 1}:{verb['name']}:({' '.join(choice)})'"
    return f"'{place + 1}:{verb['name']}:_alternative {' '.join(actions)}'"


def zsh(verbs):
    out = ["#compdef holdfast", HEAD.format(shell="zsh") + ZSH,
           "_holdfast_verbs() {\n    local -a verbs\n    verbs=("]
    out += [f"        '{zsh_text(verb['name'])}:{zsh_text(verb['summary'])}'" for verb in verbs]
    out.append("    )\n    _describe -t verbs verb verbs\n}\n")
    out.append("_holdfast() {\n    local curcontext=\"$curcontext\" state line\n"
               "    typeset -A opt_args\n"
               "    _arguments -C '1:verb:_holdfast_verbs' '*::argument:->arguments'\n"
               "    [[ $state == arguments ]] || return\n    case $words[1] in")
    for verb in verbs:
        specs = [zsh_option(option) for option in options_of(verb)]
        specs += [zsh_place(verb, place, word) for place, word in enumerate(verb["words"])]
        if specs:
            lines = " \\\n                ".join(specs)
            out.append(f"        {verb['name']})\n            _arguments -s \\\n                {lines} ;;")
    out.append("        *) _message 'no more arguments' ;;\n    esac\n}\n\n_holdfast \"$@\"")
    return "\n".join(out) + "\n"


# -- fish --------------------------------------------------------------------------------------

FISH = r'''
function __holdfast_names --description 'names of the cluster, without a word when there is none'
    holdfast inspect names $argv 2>/dev/null
end

# Is VERB given, and PLACE (from 0) the argument behind it that is being written?
function __holdfast_at --argument-names verb place
    set -l words (commandline -opc)
    set -l at 0
    set -l skip 0
    test "$words[2]" = "$verb"; or return 1
    for word in $words[3..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word (__holdfast_valued $verb)
            set skip 1
        else if not string match -q -- '-*' $word
            set at (math $at + 1)
        end
    end
    test $skip = 0; and test $at = $place
end

function __holdfast_verb --argument-names verb
    set -l words (commandline -opc)
    test "$words[2]" = "$verb"
end
'''


def fish_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_offer(kind, verbs):
    if kind == "VERB":
        return "-a " + fish_text(" ".join(verb["name"] for verb in verbs))
    return "-F" if kind == "FILE" else f"-a '(__holdfast_names {kind})'"


def fish(verbs):
    out = [HEAD.format(shell="fish") + FISH,
           "function __holdfast_valued --argument-names verb\n    switch $verb"]
    for verb in verbs:
        valued = [name for option in options_of(verb) if option["value"]
                  for name in names_of(option)]
        if valued:
            out.append(f"        case {verb['name']}\n            printf '%s\\n' {' '.join(valued)}")
    out.append("    end\nend\n\ncomplete -c holdfast -f")
    for verb in verbs:
        out.append(f"complete -c holdfast -n 'test (count (commandline -opc)) = 1' "
                   f"-a {verb['name']} -d {fish_text(verb['summary'])}")
    for verb in verbs:
        for option in options_of(verb):
            names = f"-l {option['name'][2:]}" + (f" -s {option['letter'][1:]}" if option["letter"]
                                                  else "")
            value = ""
            if option["value"]:
                kind = kind_of(option["value"])
                value = " -r " + fish_offer(kind, verbs) if kind else " -x"
            out.append(f"complete -c holdfast -n '__holdfast_verb {verb['name']}' {names}{value} "
                       f"-d {fish_text(option['text'])}")
        for place, word in enumerate(verb["words"]):
            choice, kinds = alternatives(word)
            at = f"complete -c holdfast -n '__holdfast_at {verb['name']} {place}' "
            if choice:
                out.append(f"{at}-a {fish_text(' '.join(choice))}")
            out += [at + fish_offer(kind, verbs) for kind in kinds]
    return "\n".join(out) + "\n"


def main(tables, shell, output):
    verbs = json.loads(Path(tables).read_text(encoding="utf-8"))["verbs"]
    made = {"bash": bash, "zsh": zsh, "fish": fish}[shell](verbs)
    Path(output).write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
