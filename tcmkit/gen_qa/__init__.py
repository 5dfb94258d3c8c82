"""Questions whose answers stand in the source: `tcm gen-qa`."""

from tcmkit.gen_qa.generator import Generator
from tcmkit.gen_qa.settings import KINDS, Settings

__all__ = ["KINDS", "Generator", "Settings"]
