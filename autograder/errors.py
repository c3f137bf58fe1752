"""The one exception for a user's mistake, and the exit status of a command that is interrupted."""

INTERRUPTED = 130


class UserError(Exception):
    """Something that the user can put right; its message is one line that says what is wrong and where.

    The command line prints it without a traceback and exits with a non-zero status.
    """
