"""The one kind of error that is meant for the person at the keyboard."""


class GuanxiError(Exception):
    """One plain sentence: what is wrong, where, and what to do about it. The command line prints it and exits with 2."""
