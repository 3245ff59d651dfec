"""`zhiben accounts`: before anybody can log in."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from zhiben.core.accounts.models import User
from zhiben.core.org.models import Post
from zhiben.core.org.roles import ADMINISTRATORS


def run(*words: str, capsys) -> str:
    call_command("accounts", *words)
    return capsys.readouterr().out


def test_a_new_system_begins_with_three_administrators(db, capsys, client):
    said = run("begin", "--region", "澄溪县", "--unit", "澄溪县人民政府", capsys=capsys)
    passwords = dict(re.findall(r"登录名 (\w+)  一次性密码 (\S+)", said))
    assert set(Post.objects.values_list("role", flat=True)) == ADMINISTRATORS
    assert set(passwords) == {"sysadmin", "secadmin", "auditor"}
    client.post("/login/", {"username": "sysadmin", "password": passwords["sysadmin"]})
    assert client.get("/")["Location"] == reverse("accounts:password")
    with pytest.raises(CommandError, match="不需要再次初始化"):
        run("begin", "--region", "远山县", "--unit", "远山县人民政府", capsys=capsys)


def test_an_account_with_person_and_post(cast, capsys):
    said = run(
        "create", "liuhe", "--person", "柳禾", "--unit", "柳溪镇人民政府", "--role", "unit_leader", capsys=capsys
    )
    assert "一次性密码" in said
    post = Post.objects.get(person__name="柳禾")
    assert (post.unit, post.person.user.username) == (cast.town.unit, "liuhe")


def test_what_is_refused_leaves_nothing_behind(cast, capsys):
    with pytest.raises(CommandError, match="不设“企业主要负责人”岗位"):
        run("create", "x", "--person", "某人", "--unit", "柳溪镇人民政府", "--role", "enterprise_head", capsys=capsys)
    assert not User.objects.filter(username="x").exists()


@pytest.mark.parametrize(("word", "says"), [("reset", "新的一次性密码"), ("close", "已停用"), ("unlock", "已解除")])
def test_an_operator_helps(cast, capsys, word, says):
    assert says in run(word, "office", capsys=capsys)
    assert "office" in run("list", capsys=capsys)


def test_an_unknown_name_is_said_to_be_unknown(db, capsys):
    with pytest.raises(CommandError, match="没有登录名为“nobody”的账号"):
        run("reset", "nobody", capsys=capsys)
