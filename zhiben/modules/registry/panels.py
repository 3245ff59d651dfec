"""What an enterprise's page shows besides its facts. Modules above add their own panel from `ready` of their app:

register(Panel("隐患", "hazards/panels/of_enterprise.html", hazards_of))
"""

from zhiben.core.web.pages.record import Panel

PANELS: list[Panel] = []
"""In the order in which they stand on the page."""


def register(*panels: Panel) -> None:
    """Add panels; one of the same title is there already and stays."""
    known = {each.title for each in PANELS}
    PANELS.extend(panel for panel in panels if panel.title not in known)
