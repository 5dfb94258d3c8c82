"""`python -m tcmkit` is `tcm`."""

from tcmkit.cli import main

main()
