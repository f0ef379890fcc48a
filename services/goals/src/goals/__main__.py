"""`python -m goals serve`, and the one-shot jobs beside it."""

from backbone.main import main

from goals.app import SERVICE

main(SERVICE)
