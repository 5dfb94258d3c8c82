"""Which journal a paper appeared in, and how much that journal weighs (Hengqin-RA-v1, "Journals in five steps").

The steps: a list of target journals (`targets`), the paper's reference (`references`, `finding`, `lookup`), the name
of its journal, the match with the list (`match`), a table of what was found (`table`). What is not certain is said,
never guessed.
"""

from tcmkit.literature.catalogue import Catalogue, Paper, Sources
from tcmkit.literature.lookup import default_path as default_cache
from tcmkit.literature.table import HEADER, row
from tcmkit.literature.targets import read_targets

__all__ = ["HEADER", "Catalogue", "Paper", "Sources", "default_cache", "read_targets", "row"]
