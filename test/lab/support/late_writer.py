#!/usr/bin/python3
"""late_writer.py FILE LOG: overwrites FILE's first block past all caches, again and again.

A line of LOG is "- BEGUN RESULT": when the write began (wall clock, ms) and "ok" or the error. Run
in a node that is frozen and thawed, it shows whether writes reach the disk after a takeover.
"""

import mmap
import os
import sys
import time

PAUSE_S = 0.02


def attempt(fd, block):
    begun = time.time_ns() // 1_000_000
    try:
        os.pwrite(fd, block, 0)
        return begun, "ok"
    except OSError as error:
        return begun, error.strerror


def main():
    fd = os.open(sys.argv[1], os.O_WRONLY | os.O_DIRECT)
    block = mmap.mmap(-1, 4096)
    with open(sys.argv[2], "w", encoding="ascii", buffering=1) as log:
        while True:
            log.write("- %d %s\n" % attempt(fd, block))
            time.sleep(PAUSE_S)


if __name__ == "__main__":
    main()
