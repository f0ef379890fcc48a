"""`python -m directory serve`, and the one-shot jobs beside it."""

from backbone.main import main

from directory.app import SERVICE

main(SERVICE)
