"""What `chalkline` can be told, by subject; `cli.py` says by which name."""
