"""`python -m forum`: the `porchlight` command, and the processes that a server starts.

These do not load what only a terminal needs of the command, some 14 MB each. A server of an earlier release starts them
by the same words.
"""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] in (["web"], ["worker"]):
        from forum.processes import main
    else:
        from forum.cli import main
    main()
