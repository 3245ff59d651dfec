"""The pages: kinds explained, a template brought, refused with names, put in force, brought back; letterhead; preview."""

import pytest
from django.urls import reverse

from zhiben.core.access.permissions import Permission
from zhiben.core.audit.services import lines_of
from zhiben.core.documents.kinds import KINDS
from zhiben.core.documents.models import DocumentTemplate, Letterhead
from zhiben.core.files.models import Upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.web.testing import check_page, counted

from .conftest import reworded
from .notice import NOTICE

TEMPLATES, HEAD = "/documents/templates/", "/documents/letterhead/"
KIND = f"{TEMPLATES}{NOTICE.key}/"


def file_of(content: bytes, name: str = "通报.docx"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content)


def test_no_kind_no_harm(cast, monkeypatch):
    for key in list(KINDS):
        monkeypatch.delitem(KINDS, key)
    check_page(cast, TEMPLATES, insider="office", outsider="plant_officer")
    assert "还没有可以定制模板的文种" in cast.client("office").get(TEMPLATES).content.decode()
    assert cast.client("office").get(f"{TEMPLATES}no.such/").status_code == 404


def test_every_page_asks_who_it_is(cast, notice_kind):
    for address in (TEMPLATES, KIND, f"{KIND}default.docx", HEAD):
        check_page(cast, address, insider="office", outsider="plant_officer", most_queries=20)


def test_every_field_is_explained_with_its_value_just_now(cast, notice_kind):
    page = cast.client("office").get(KIND).content.decode()
    for words in ("任务总数", "{{ total }}", "{%p for unit in units %}", "共 3 项", "第1镇人民政府", "{{ duty.due_on }}",
                  "{{ letterhead.issuer }}", "澄溪县安全生产委员会办公室文件", "百分比", 'data-copy="{{ total }}"'):  # fmt: skip
        assert words in page, words


def test_a_template_is_brought_looked_at_and_put_in_force_and_the_earlier_brought_back(cast, now, notice_kind):
    office = cast.client("office")
    downloaded = office.get(f"{KIND}default.docx")
    assert downloaded.headers["Content-Disposition"].startswith("attachment")
    for note, swap in (("改措辞", "共有工作"), ("再改", "总共有任务")):
        answer = office.post(KIND, {"file": file_of(reworded(("共有任务", swap))), "note": note})
        assert answer.status_code == 302, answer.content.decode()
    second, first = DocumentTemplate.objects.all()
    assert (first.note, first.number, second.number, first.in_force_from) == ("改措辞", 1, 2, None)
    assert "系统默认模板" in office.get(KIND).content.decode()

    office.post(reverse("documents:enact", args=[NOTICE.key, second.pk]))
    assert "现在用的是本单位模板第 2 版" in office.get(KIND).content.decode()
    office.post(reverse("documents:withdraw", args=[NOTICE.key, second.pk]))
    office.post(reverse("documents:enact", args=[NOTICE.key, first.pk]))
    page = office.get(KIND).content.decode()
    assert "现在用的是本单位模板第 1 版" in page
    assert "已停用" in page
    assert "恢复" in page
    told = [line.verb for line in lines_of("documents.documenttemplate", str(second.pk))]
    assert told == ["add_template", "put_in_force", "withdraw_template"]


def test_a_wrong_template_is_refused_with_names_and_nothing_is_kept(cast, notice_kind):
    answer = cast.client("office").post(
        KIND, {"file": file_of(reworded(("{{ total }}", "{{ totl }}"))), "note": "我的说明"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "字段 {{ totl }} 不存在，是否想写 {{ total }}？" in page
    assert "第 6 段“共有任务{{ totl }}项" in page or "段“共有任务{{ totl }}项" in page
    assert "我的说明" in page
    assert not DocumentTemplate.objects.exists()
    assert not Upload.objects.exists()
    assert cast.client("office").post(KIND, {"note": ""}).status_code == 422
    assert cast.client("office").post(KIND, {"file": file_of(b"hello", "a.txt")}).status_code == 422


def test_another_units_versions_are_not_there(cast, now, notice_kind):
    cast.client("office").post(KIND, {"file": file_of(reworded(("共有任务", "共有工作")))})
    theirs = DocumentTemplate.objects.get()
    outsider, below = cast.client("outsider"), cast.client("bureau_officer")
    for client in (outsider, below):
        for name in ("enact", "withdraw"):
            assert client.post(reverse(f"documents:{name}", args=[NOTICE.key, theirs.pk])).status_code == 404
        assert client.get(reverse("documents:version", args=[NOTICE.key, theirs.pk])).status_code == 404
    cast.client("office").post(reverse("documents:enact", args=[NOTICE.key, theirs.pk]))
    # The county's departments answer to its committee's office; another county does not.
    assert below.get(reverse("documents:version", args=[NOTICE.key, theirs.pk])).status_code == 200
    assert "的模板第 1 版" in below.get(KIND).content.decode()
    assert outsider.get(reverse("documents:version", args=[NOTICE.key, theirs.pk])).status_code == 404
    assert "系统默认模板" in outsider.get(KIND).content.decode()


def test_a_kind_that_one_may_not_make_is_not_shown(cast, notice_kind):
    assert notice_kind.permission == Permission.MANAGE_PLANS
    assert cast.client("regulator").get(KIND).status_code == 404


def test_the_letterhead_is_kept_and_used(cast, notice_kind):
    office = cast.client("office")
    given = {"issuer": "澄溪县安全生产委员会办公室文件", "code": "澄安委办", "to": "各乡镇人民政府", "contact": "安宁"}
    assert office.post(HEAD, given).status_code == 302
    page = office.get(HEAD).content.decode()
    assert "澄安委办〔" in page
    kept = Letterhead.objects.get()
    assert (kept.unit, kept.code) == (cast.office.unit, "澄安委办")
    (line,) = lines_of("documents.letterhead", str(kept.pk))
    assert line.data["after"]["code"] == "澄安委办"
    assert office.post(HEAD, {"code": "字" * 40}).status_code == 422
    assert "澄安委办〔" not in cast.client("bureau_officer").get(HEAD).content.decode()


@pytest.mark.needs_service("libreoffice")
def test_the_preview_shows_its_pages(cast, notice_kind):
    office = cast.client("office")
    address = office.post(f"{KIND}preview/", {"version": ""})["Location"]
    waiting = office.get(address).content.decode()
    assert "正在排版" in waiting
    assert run_pending() == 1
    page, queries = counted(office, address)
    assert queries <= 20
    text = page.content.decode()
    assert "共 3 页" in text
    assert "下载 PDF" in text
    picture = address.partition("?")[0]
    first = office.get(f"{picture}1.webp")
    assert first.content[8:12] == b"WEBP"
    assert office.get(f"{picture}4.webp").status_code == 404
    assert cast.client("chief").get(address).status_code == 404
    assert cast.client("chief").get(f"{picture}1.webp").status_code == 404
    again = office.post(f"{KIND}preview/", {"version": ""})["Location"]
    assert again == address, "the same document is drawn once"


def test_without_libreoffice_the_word_file_is_still_there(cast, notice_kind, monkeypatch):
    monkeypatch.setattr("zhiben.core.files.office.soffice", lambda: None)
    office = cast.client("office")
    address = office.post(f"{KIND}preview/", {"version": ""})["Location"]
    run_pending()
    page = office.get(address).content.decode()
    assert "服务器没有安装 LibreOffice" in page
    assert "下载 Word" in page
