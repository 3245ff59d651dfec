"""The menu, grouped by the work and not by the module: the one place where the entries of all modules meet."""

from zhiben.core.web.home import menu as my_work
from zhiben.core.web.menu import MenuGroup

MENU: tuple[MenuGroup, ...] = (
    MenuGroup("我的工作", my_work),
    # MenuGroup("方案与任务", (*plans, *tasks)) — each module's pages.py offers `menu`
)
