"""Why a step is not taken, in sentences a person can act on."""

from zhiben.core.refusal import Refused


class StepRefused(Refused):
    """The step may not be taken. `sentence` says why and what to do."""


class StepInvalid(StepRefused):
    """What was filled in does not do. `errors`: name of the input → sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors
