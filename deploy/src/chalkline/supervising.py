"""`python -m chalkline.supervising <state folder> <part>…`: the supervisor as a process of its own."""

import sys

from chalkline.operate import run_detached

if __name__ == "__main__":
    sys.exit(run_detached(sys.argv[1], sys.argv[2:]))
