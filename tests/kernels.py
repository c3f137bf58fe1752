"""Commands that start a Jupyter kernel, several at a time on one machine.

Jupyter chooses free ports for a kernel and gives them back before the kernel takes them, so that two that start
together may be given the same one (jupyter/jupyter_client#276); the later one ends before it has run anything.
"""

import subprocess

TAKEN = "Address already in use"


def run(command, **options):
    """`subprocess.run` with what the command prints; once more, at most twice, where a port was taken."""
    for _ in range(3):
        done = subprocess.run(command, capture_output=True, text=True, **options)
        if done.returncode == 0 or TAKEN not in done.stderr:
            break
    return done
