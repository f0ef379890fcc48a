"""`python -m chalkline` is the `chalkline` command."""

from chalkline.cli import main

if __name__ == "__main__":
    main()
