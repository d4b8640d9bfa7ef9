"""The other end of a kitchen's line: `python -m forum.importers.cook FD` cooks until the line ends.

Nothing here may import the site: a cook is started in a quarter of a second and takes 40 MB.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

from forum.importers.dishes import serve


def work(line: Connection) -> None:
    while True:
        try:
            dishes = line.recv()
        except (EOFError, OSError):
            return
        try:
            answer: object = serve(dishes)
        except Exception as error:  # the import decides what a failure means, as if it had happened there
            answer = error
        try:
            line.send(answer)
        except OSError:
            return


if __name__ == "__main__":
    work(Connection(int(sys.argv[1])))
