class Unreadable(Exception):
    """A file that cannot be turned into text: a Chinese sentence that says why, and one that says what to do."""

    def __init__(self, sentence: str, hint: str = "", *, name: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.name = name

    def __str__(self) -> str:
        return f"{self.sentence}。{self.hint}。" if self.hint else f"{self.sentence}。"
