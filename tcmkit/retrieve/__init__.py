"""`tcm retrieve`: the formulas that fit a case (JingFang, dual-stage retrieval), similar cases, related entities."""

from tcmkit.retrieve.choice import finder_of
from tcmkit.retrieve.merge import key_of
from tcmkit.retrieve.retriever import Retriever
from tcmkit.retrieve.settings import Settings
from tcmkit.retrieve.vectors import lsa_vectors

__all__ = ["Retriever", "Settings", "finder_of", "key_of", "lsa_vectors"]
