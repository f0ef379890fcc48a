"""What went wrong, and how to mend it: the only way this command reports failure to a person."""


class Problem(Exception):
    """Something a person can mend. `mend` says how, in the imperative."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} ({self.mend})" if self.mend else self.what
