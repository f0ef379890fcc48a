"""The `chalkline` command: the platform on one machine, and its operation."""
