"""What stands around every page: menu, posts, notices, face. Worked out only when a template asks for it."""

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from zhiben.core.access.acting import Acting
from zhiben.core.notify.models import Notification

from .menu import MenuEntry, MenuGroup, menu_of

MOST_COUNTED = 99


class Shell:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.acting: Acting | None = getattr(request, "acting", None)
        self.hats: list[Acting] = getattr(request, "hats", [])
        self.theme = "dark" if request.COOKIES.get("theme") == "dark" else "light"
        self.density = "compact" if request.COOKIES.get("density") == "compact" else "comfortable"

    @cached_property
    def menu(self) -> list[MenuGroup]:
        return list(menu_of(self.acting)) if self.acting else []

    @cached_property
    def foot(self) -> list[MenuEntry]:
        entries = [entry for group in self.menu for entry in group.entries if entry.foot]
        return sorted(entries, key=lambda entry: entry.foot_place)

    @cached_property
    def current(self) -> str:
        """The address of the menu entry within which this page lies: the longest that begins its path."""
        addresses = [entry.address for group in self.menu for entry in group.entries]
        within = [address for address in addresses if self._request.path.startswith(address) and address != "/"]
        return max(within, key=len, default="/" if self._request.path == "/" else "")

    @cached_property
    def tabs(self) -> tuple[MenuEntry, ...]:
        """The entries that share a line of the menu with the page itself; none on the pages of single records."""
        if self._request.path != self.current:
            return ()
        lines = [line for group in self.menu for line in group.lines if self.current in line.addresses]
        return lines[0].entries if lines and len(lines[0].entries) > 1 else ()

    @cached_property
    def unread(self) -> str:
        """Notices not yet read: empty for none, at most 99+."""
        if self.acting is None:
            return ""
        unread = Notification.objects.filter(person_id=self.acting.person.pk).unread()
        count = unread.order_by()[: MOST_COUNTED + 1].count()
        return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": Shell(request)}
