"""The menu: entries of one subject share a line, and their pages a row of tabs."""

from zhiben.core.web.menu import MenuEntry, MenuGroup


def test_entries_of_one_subject_share_a_line_where_the_first_stands() -> None:
    group = MenuGroup(
        "企业档案",
        (
            MenuEntry("企业", "web:home", "home", under="企业和到期"),
            MenuEntry("监管分工", "web:inbox", "bell"),
            MenuEntry("到期提醒", "web:keys", "keyboard", under="企业和到期"),
        ),
    )
    together, alone = group.lines
    assert (together.label, [entry.label for entry in together.entries]) == ("企业和到期", ["企业", "到期提醒"])
    assert (alone.label, alone.icon) == ("监管分工", "bell")


def test_a_line_of_one_bears_the_name_of_its_entry() -> None:
    (line,) = MenuGroup("企业档案", (MenuEntry("企业", "web:home", "home", under="企业和到期"),)).lines
    assert line.label == "企业"
