from zhiben.core.refusal import Refused


class FileRefused(Refused):
    """A file that is not kept; the sentence says why and what to do. `field` is always "file"."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="file")
