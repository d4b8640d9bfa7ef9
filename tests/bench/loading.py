"""The process that a job is done in."""

from __future__ import annotations

import pickle
import sys

from tests.bench.load import run

if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(run(pickle.load(sys.stdin.buffer))))
