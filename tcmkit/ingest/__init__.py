"""Files, folders and JSON Lines to Documents (ChiMed 2.0, basic processing).

The way of a document: `discover` finds the files, `read` opens them (`books`, `html`, `pdf`), `prepare` cleans and
cuts them in every process, `run` takes them in order past duplicates and perplexity.
"""

from tcmkit.ingest.run import run_ingest
from tcmkit.ingest.settings import Settings

__all__ = ["Settings", "run_ingest"]
