"""`tcm retrieve`: the formulas that fit a case (JingFang, dual-stage retrieval)."""

from tcmkit.retrieve.indexing import index_files
from tcmkit.retrieve.retriever import Retriever
from tcmkit.retrieve.settings import Settings

__all__ = ["Retriever", "Settings", "index_files"]
