"""A thing that is asked for and not done, with the sentence that says why and what to do instead."""


class Refused(Exception):
    """`sentence` is shown to the person as it is. `field` names the input it is about, where it is about one."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
