"""`tcm retrieve`: the formulas that fit a case (JingFang, dual-stage retrieval)."""

from tcmkit.retrieve.merge import key_of
from tcmkit.retrieve.retriever import Retriever
from tcmkit.retrieve.settings import Settings

__all__ = ["Retriever", "Settings", "key_of"]
