"""`autograder`, and `python -m autograder`."""

import sys

from autograder.errors import INTERRUPTED


def main() -> None:
    """Entry point; Ctrl-C ends it quietly while it is still loading, too."""
    try:
        from autograder.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
