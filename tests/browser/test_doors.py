"""The story of the doors, clicked through: the list from the office's own Excel, a token, the review on paper, one
digest instead of many letters, a file from a phone on a bad line, and the site over HTTPS with the office's own authority."""

import base64
import hashlib
import os
import re
from contextlib import closing
from datetime import date

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Route, expect

from tests.browser.conftest import FLAGS, program
from tests.browser.illustrating import PHONE, illustrate
from tests.workbooks import office_book
from zhiben.config.backup.checking import url_of
from zhiben.config.backup.tests.machines import machines
from zhiben.config.certificates import folder
from zhiben.config.tests.test_serving import Running
from zhiben.core.files.models import Upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.kinds import Kind, Medium, Timing
from zhiben.core.notify.models import Contact, Habits, Preference
from zhiben.core.org.models import Post, ProposedPost
from zhiben.core.webhooks.services import subscribe
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.models import Feedback

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_service("chromium"),
    pytest.mark.needs_service("frontend"),
]
PEOPLE = 400


def test_four_hundred_people_come_in_and_are_granted_their_posts(desks, cast, story, tmp_path):
    book = office_book(county="澄溪县", county_code="990121", people=PEOPLE)
    excel = tmp_path / "澄溪县安全生产责任单位和人员.xlsx"
    excel.write_bytes(book.content)
    keeper = desks("system_administrator")
    page = keeper.page

    def bring(key: str, sheet: str) -> None:
        keeper.go(f"/import/{key}/")
        page.set_input_files("input[type=file]", excel)
        page.get_by_role("button", name="上传").click()
        if page.locator("summary h2").inner_text().find(f"“{sheet}”") < 0:
            page.locator("details.import-layout > summary").click()
            page.get_by_label("工作表").select_option(sheet)
            page.get_by_label("表头在第几行").fill("0")
            page.get_by_role("button", name="按这个重新读").click()
        expect(page.locator("summary h2")).to_contain_text(f"“{sheet}”")

    def carry_out(button: str) -> None:
        page.get_by_role("button", name=button).click()
        expect(page.locator("#progress")).to_be_visible()
        run_pending()
        expect(page.locator(".alert-success")).to_be_visible()

    for key, sheet, rows in (("org.regions", "区域", book.regions), ("org.units", "单位", book.units)):
        bring(key, sheet)
        page.get_by_role("button", name="检查全部行").click()
        carry_out(f"导入 {rows} 行")

    # What each column was taken for stands beside it. She drops the mobiles, thinks better of it, and corrects that.
    bring("org.people", "人员")
    mobile = page.locator("ul.import-columns li", has_text="手机号码").locator("select")
    expect(mobile).to_have_value("mobile")
    expect(page.locator("ul.import-columns li", has_text="备注").locator("select")).to_have_value("")
    keeper.picture("import-mapping", full=True)
    keeper.illustrate("import-mapping")
    mobile.select_option("")
    page.get_by_role("button", name="检查全部行").click()
    expect(page.locator("ul.import-bad > li")).to_have_count(2)
    page.get_by_role("link", name="改列的对应").click()
    mobile.select_option("mobile")
    page.get_by_role("button", name="检查全部行").click()

    # Three rows are bad; each says what is wrong with it, and is mended where it stands.
    expect(page.locator("ul.import-bad > li")).to_have_count(3)
    expect(page.locator("form.form-card")).to_contain_text(f"将新增 {PEOPLE - 3} 人")
    keeper.picture("import-problems", full=True)
    page.locator("#problems").scroll_into_view_if_needed()
    keeper.illustrate("import-problems")
    for words, value in (("手机", "13900000007"), ("单位", "县教育局"), ("姓名", "林溪")):
        page.locator("ul.import-bad .field.has-error").filter(has_text=words).locator("input").first.fill(value)
    page.get_by_role("button", name="保存并重新检查").click()
    expect(page.locator("#problems")).to_have_count(0)
    carry_out(f"导入 {PEOPLE} 行")
    expect(page.locator(".alert-success")).to_contain_text(f"已新增 {PEOPLE} 人")
    keeper.picture("import-result")
    assert ProposedPost.objects.count() == PEOPLE

    # What confirming will do is said first; then the security administrator does it.
    security = desks("security_administrator")
    security.go("/proposals/")
    security.page.get_by_role("link", name="确认任命全部岗位").click()
    expect(security.page.locator("#content")).to_contain_text(f"将任命 {PEOPLE} 人")
    security.picture("proposals-review")
    security.illustrate("appoint")
    security.page.get_by_role("button", name="任命", exact=True).click()
    expect(security.page.locator("#notices")).to_contain_text(f"已任命 {PEOPLE} 个岗位")
    assert Post.objects.filter(person__user__username__startswith="user").count() == PEOPLE

    auditor = desks("audit_administrator")
    auditor.go("/trail/")
    expect(auditor.page.locator("[data-row]").first).to_be_visible()


def test_a_token_is_given_out_and_its_secret_seen_once(desks, cast, story, settings):
    security = desks("security_administrator")
    page = security.page
    security.go("/tokens/")
    page.get_by_role("link", name="发放令牌").click()
    page.get_by_role("button", name="发放").click()
    expect(page.locator("#content")).to_contain_text("请填写用途。")
    security.go("/tokens/new/")
    page.get_by_label("用途").fill("市数据平台取任务")
    page.get_by_role("combobox", name="岗位").fill("应勤")
    page.locator("[data-picker-list] li").first.click()
    page.get_by_label("tasks:read").check()
    security.picture("token-form", full=True)
    security.illustrate("token-form")
    page.get_by_role("button", name="发放").click()
    secret = page.locator("#secret").input_value()
    assert re.fullmatch(r"zb_\w+_\S+", secret)
    page.get_by_role("button", name="复制令牌").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    expect(page.get_by_role("button", name="复制令牌")).to_be_visible()
    read = page.request.get(f"{security.root}/api/v1/tasks", headers={"Authorization": f"Bearer {secret}"})
    assert (read.status, read.json()["items"]) == (200, [])
    page.get_by_role("link", name="我已保存").click()
    expect(page.locator("#content")).to_contain_text("市数据平台取任务")
    assert secret not in page.content()
    security.picture("tokens")
    settings.ZHIBEN_OUTBOUND_HOSTS = ["data.example.gov.cn"]
    subscribe(
        name="市数据平台",
        address="https://data.example.gov.cn/receive",
        post=cast.office.post,
        by=cast.security_administrator,
        now=story.now,
    )
    security.go("/webhooks/")
    expect(page.locator("#content")).to_contain_text("https://data.example.gov.cn/receive")
    security.picture("webhooks")


@pytest.fixture
def spring(cast, story, give):
    """Work of March: done in time, overdue, in hand; then it is April."""
    story.on("2026-03-02")
    done = give(cast.bureau_officer, "体检危险化学品企业", date(2026, 3, 27))
    give(cast.housing_officer, "检查燃气管网", date(2026, 3, 20))
    give(cast.housing_officer, "检查工地塔吊", date(2026, 4, 20))
    give(cast.town, "培训网格员")
    fire(done, "accept", by=cast.bureau_officer, now=story.on("2026-03-03"))
    story.on("2026-04-02")


@pytest.mark.needs_service("libreoffice")
def test_the_review_of_the_month_is_read_opened_and_put_on_paper(desks, spring):
    office = desks("office")
    page = office.page
    office.go("/review/?month=2026-03&as=region")
    office.picture("monthly-review", full=True)
    office.illustrate("review")
    figure = page.locator(".paper table a.num, .paper a.num").filter(has_text=re.compile(r"^[1-9]\d*$")).first
    counted = int(figure.inner_text())
    figure.click()
    expect(page.locator(".rows tbody tr")).to_have_count(counted)
    office.picture("review-records")
    page.get_by_role("link", name="回到通报").click()
    with page.expect_download() as word:
        page.get_by_role("link", name="下载 Word").click()
    assert word.value.suggested_filename.endswith(".docx")

    # The office's own words go into the head of all its papers; the template shows what it will look like.
    office.go("/documents/templates/")
    page.locator("#content").get_by_role("link", name="月度调度").click()
    office.picture("template")
    office.illustrate("template")
    page.get_by_role("button", name="预览").first.click()
    expect(page.locator("#preview")).to_be_visible()
    run_pending()
    expect(page.locator("img.sheet").first).to_be_visible(timeout=30_000)
    assert page.locator("img.sheet").first.evaluate("async each => { await each.decode(); return each.naturalWidth; }")
    office.picture("template-preview", full=True)


def test_a_department_head_chooses_one_digest_a_day(desks, cast, story, settings):
    settings.ZHIBEN_SMTP_URL = "smtp://127.0.0.1:9"
    settings.ZHIBEN_MAIL_FROM = "治本 <zhiben@example.gov.cn>"
    person = cast.bureau_leader.person
    Contact.objects.create(person=person, medium=Medium.MAIL, address="leader@example.gov.cn", verified_at=story.now)
    leader = desks("bureau_leader")
    page = leader.page
    leader.go("/me/")
    page.get_by_role("link", name="消息设置").first.click()
    for kind in Kind:
        page.get_by_label(f"{kind.label}：邮件").select_option(label="汇总")
    page.get_by_label("每天几点发汇总").fill("08:00")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#notices")).to_contain_text("已保存")
    leader.picture("message-settings", full=True)
    leader.illustrate("message-settings")
    chosen = Preference.objects.filter(person=person, medium=Medium.MAIL)
    assert set(chosen.values_list("timing", flat=True)) <= {Timing.DIGEST}
    assert Habits.objects.get(person=person).digest_at.hour == 8


def test_a_film_from_a_phone_survives_a_broken_line(desks, cast, story, give, tmp_path):
    give(cast.plant_officer, "更换罐区可燃气体报警器", date(2026, 3, 16))
    give(cast.plant_officer, "组织班组长安全培训", date(2026, 4, 30))
    task = give(cast.plant_officer, "整治厂区消防通道", date(2026, 3, 12))
    fire(task, "accept", by=cast.plant_officer, now=story.now)
    film = tmp_path / "整改现场.pdf"
    film.write_bytes(b"%PDF-1.4\n" + os.urandom(5 << 20) + b"\n%%EOF")
    desk = desks("plant_officer")
    page = desk.page
    page.set_viewport_size(PHONE)
    desk.go(task.get_absolute_url())
    desk.illustrate("phone-task", phone=True)
    page.get_by_role("link", name="反馈进展", exact=True).first.click()
    box = page.locator("dialog[open]")
    box.locator("[name=percent]").fill("80")
    box.locator("[name=text]").fill("通道已清理，正在划线。")
    pieces: list[int] = []

    def broken_once(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        pieces.append(int(route.request.headers["upload-offset"]))
        return route.abort("connectionreset") if len(pieces) == 2 else route.continue_()

    page.route("**/files/resumable/**", broken_once)
    box.locator("input[type=file]").set_input_files(film)
    expect(box.locator(".uploads")).to_contain_text("已上传", timeout=20_000)
    assert pieces == [0, 4 << 20, 4 << 20], "after the break it goes on where it was"
    box.get_by_role("button", name="反馈进展").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    feedback = Feedback.objects.get(task=task)
    assert feedback.percent == 80
    assert Upload.objects.get(name=film.name).file.size == film.stat().st_size
    desk.troubles[:] = [trouble for trouble in desk.troubles if "ERR_CONNECTION_RESET" not in trouble]


def test_a_phone_opens_the_site_over_the_offices_own_https_and_may_install_it(
    chromium, cast, story, data_folder, tmp_path
):
    """`zhiben web` itself answers. The phone trusts the authority that `zhiben certificate make` made, and no other."""
    password = "青山-8021-绿水"
    user = cast.town.person.user
    user.password = Argon2PasswordHasher().encode(password, "a-salt-for-one-test")
    user.save()
    data_folder.mkdir(parents=True, exist_ok=True)
    call_command("certificate", "make", host=["127.0.0.1"], office="县安委办")
    key = folder.served().certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    trusted = base64.b64encode(hashlib.sha256(key).digest()).decode()
    with machines(tmp_path, 1) as (machine,):
        url = url_of(machine.name) if connection.vendor == "postgresql" else f"sqlite:///{machine.name}"
        web = Running(
            data_folder, "web", DATABASE_URL=url, DJANGO_SETTINGS_MODULE="tests.settings",
            ZHIBEN_HOSTS="127.0.0.1", ZHIBEN_HTTPS="1",
        )  # fmt: skip
        try:
            web.until(web.listens)
            with closing(
                chromium.browser_type.launch_persistent_context(
                    tmp_path / "phone",
                    executable_path=program(),
                    args=[*FLAGS, f"--ignore-certificate-errors-spki-list={trusted}"],
                    viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN",
                )
            ) as phone:  # fmt: skip
                _install(phone, f"https://127.0.0.1:{web.port}", cast.town.person.user.username, password)
        finally:
            web.stop()


def _install(phone, root: str, username: str, password: str) -> None:
    page = phone.pages[0]
    page.goto(f"{root}/install/")
    expect(page.locator("h1")).to_contain_text("安装单位证书")
    illustrate(page, "phone-install", phone=True)
    page.goto(f"{root}/")
    page.get_by_label("登录名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("h1")).to_have_text("我的待办")
    active = "navigator.serviceWorker.ready.then(worker => worker.active.scriptURL)"
    assert page.evaluate(active) == f"{root}/sw.js"
    browser = phone.new_cdp_session(page)
    assert browser.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    assert browser.send("Page.getAppManifest")["errors"] == []
    phone.set_offline(True)
    page.goto(f"{root}/tasks/")
    expect(page.locator("body")).to_contain_text("现在没有网络")
