"""What a file may have wrong: the whole of it, or one cell."""


class Unreadable(Exception):
    """The file is no table that can be imported; `message` says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Wrong(Exception):
    """One cell can't be read; `message` says what it should hold."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
