"""Language models behind the verbs: engines, the call cache, structured replies, the run (DESIGN, section 2).

A verb writes a talk (`talk.py`), the command line gives ModelOptions (`settings.py`), `run_talks` does the rest:
`run` moves records through their talks, `asking` makes each call, `engines` names what can answer it.
"""

from tcmkit.llm.blocking import Blocking
from tcmkit.llm.prompts import Prompt, load
from tcmkit.llm.protocol import CallFailed, ChatMessage, Engine, EngineStopped, Reply, Request, Sampling, Usage
from tcmkit.llm.run import run_talks
from tcmkit.llm.settings import EngineSettings, ModelOptions
from tcmkit.llm.talk import Call, ReplyError, Talk, TalkStep

__all__ = [
    "Blocking",
    "Call",
    "CallFailed",
    "ChatMessage",
    "Engine",
    "EngineSettings",
    "EngineStopped",
    "ModelOptions",
    "Prompt",
    "Reply",
    "ReplyError",
    "Request",
    "Sampling",
    "Talk",
    "TalkStep",
    "Usage",
    "load",
    "run_talks",
]
