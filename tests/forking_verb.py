"""Runs of a verb, each forked from this process, which has the imports behind it: a start costs milliseconds.

Reads a line with a folder and the arguments, writes the number of the process, then, when it has ended, its status.
"""

import json
import os
import sys

import ask_verb

import tcmkit.llm.openai
import tcmkit.llm.run  # noqa: F401

if __name__ == "__main__":
    ask_verb.app.VERBS["ask"] = ask_verb.app.Verb("ask_verb:ask", "Ask a model.")
    ask_verb.app.command_of("ask")
    __import__("aiohttp")
    while line := sys.stdin.buffer.readline():
        folder, *arguments = json.loads(line)
        if not (child := os.fork()):
            os.chdir(folder)
            sys.argv = ["tcm", *arguments]
            ask_verb.cli.main()
        os.write(1, b"%d\n" % child)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
