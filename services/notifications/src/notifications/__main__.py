"""`python -m notifications serve`, and the one-shot jobs beside it."""

from backbone.main import main

from notifications.app import SERVICE

main(SERVICE)
