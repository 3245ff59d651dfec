"""Menu entries as modules offer them; `config/menu.py` places them in groups."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu. `url` is a URL name; shown to posts with `permission` (and for whom `shown` holds).
    `foot` is its short name in the bar at the foot of a phone's screen, empty when it has no place there.
    `under`: entries of a group with the same word there share one line of that name, and their pages a row of tabs."""

    label: str
    url: str
    icon: str
    permission: Permission | None = None
    shown: Callable[[Acting], bool] | None = None
    foot: str = ""
    foot_place: int = 5
    """Its place there, from the left."""
    under: str = ""

    def is_for(self, acting: Acting) -> bool:
        return (self.permission is None or may(acting, self.permission)) and (self.shown is None or self.shown(acting))

    @property
    def address(self) -> str:
        return reverse(self.url)


@dataclass(frozen=True)
class MenuLine:
    """What one line of the menu leads to: its first entry, and from there the others."""

    label: str
    entries: tuple[MenuEntry, ...]

    @property
    def icon(self) -> str:
        return self.entries[0].icon

    @property
    def address(self) -> str:
        return self.entries[0].address

    @property
    def addresses(self) -> list[str]:
        return [entry.address for entry in self.entries]


@dataclass(frozen=True)
class MenuGroup:
    label: str
    entries: tuple[MenuEntry, ...]

    @property
    def lines(self) -> Iterator[MenuLine]:
        """Each line at the place of its first entry."""
        lines: dict[str, list[MenuEntry]] = {}
        for entry in self.entries:
            lines.setdefault(entry.under or entry.label, []).append(entry)
        for label, entries in lines.items():
            yield MenuLine(label if len(entries) > 1 else entries[0].label, tuple(entries))


def menu_of(acting: Acting) -> Iterator[MenuGroup]:
    """The groups this post may use, without empty ones."""
    for group in _menu():
        entries = tuple(entry for entry in group.entries if entry.is_for(acting))
        if entries:
            yield MenuGroup(group.label, entries)


@cache
def _menu() -> tuple[MenuGroup, ...]:
    placed: tuple[MenuGroup, ...] = import_string(settings.ZHIBEN_MENU)
    return placed
