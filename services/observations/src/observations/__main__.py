"""`python -m observations serve`, and the one-shot jobs beside it."""

from backbone.main import main

from observations.app import SERVICE

main(SERVICE)
