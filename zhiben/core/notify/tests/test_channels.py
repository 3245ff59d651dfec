"""What each channel says to the other side, and what it makes of the answer."""

import socket
import time

import pytest

from zhiben.core.notify.channels import mail as mail_module
from zhiben.core.notify.channels.channel import Group, Letter, Line, OutcomeUnknown, TryLater, Undeliverable
from zhiben.core.notify.channels.mail import Mail, Server
from zhiben.core.notify.channels.robots import Dingtalk, Feishu, Wecom
from zhiben.core.notify.channels.sms import Sms, short_text

from .servers import PostOffice, certificate, standing

LINK = "https://zhiben.example.gov.cn/inbox/7/"


def post_a(address: str, letter: Letter) -> None:
    with Mail().conversation() as send:
        send(address, letter)


def letter(*titles: str, mobiles: tuple[str, ...] = ()) -> Letter:
    titles = titles or ("待接收：清查危化品仓库",)
    lines = tuple(Line(title=title, link=LINK, reason="该事项在您的待办中") for title in titles)
    return Letter(
        key="0b1c", title=titles[0], groups=(Group(heading="", lines=lines),), mobiles=mobiles,
        settings_link="https://zhiben.example.gov.cn/me/notices/",
    )  # fmt: skip


class TestMail:
    def test_a_chinese_letter_arrives_whole(self, post_office):
        post_a("li@example.gov.cn", letter("待接收：<清查> 危化品仓库"))
        (got,) = post_office.taken
        assert got["Subject"] == "待接收：<清查> 危化品仓库"
        assert got["From"].addresses[0].display_name == "治本"
        assert got["Message-ID"] == "<0b1c@example.gov.cn>"
        assert got["Auto-Submitted"] == "auto-generated"
        assert got["List-Unsubscribe"] == "<https://zhiben.example.gov.cn/me/notices/>"
        text, page = got.get_body(("plain",)).get_content(), got.get_body(("html",)).get_content()
        assert LINK in text
        assert "收到原因：该事项在您的待办中" in text
        assert "&lt;清查&gt;" in page
        assert f'<a href="{LINK}">' in page

    @pytest.mark.parametrize(
        "address", ["a@b.cn\r\nBcc: x@y.cn", "a@b.cn\nX: y", "没有@", "", "a b@c.cn", "王@例子.中国"]
    )
    def test_no_address_can_begin_another_header(self, post_office, address):
        with pytest.raises(Undeliverable):
            post_a(address, letter())
        assert post_office.taken == []

    def test_a_line_break_in_a_title_begins_no_header(self, post_office):
        post_a("li@example.gov.cn", letter("标题\r\nBcc: x@y.cn"))
        assert post_office.taken[0]["Bcc"] is None
        assert post_office.receivers == ["li@example.gov.cn"]

    @pytest.mark.parametrize(
        ("mood", "verdict", "whole_lane"),
        [
            ("greylisting", TryLater, False),
            ("leaving", TryLater, True),
            ("no such box", Undeliverable, None),
            ("spam", Undeliverable, None),
            ("drops after the text", OutcomeUnknown, None),
        ],
    )
    def test_what_the_server_says_decides(self, post_office, mood, verdict, whole_lane):
        post_office.mood = mood
        with pytest.raises(verdict) as said:
            post_a("li@example.gov.cn", letter())
        assert getattr(said.value, "whole_lane", None) is whole_lane

    def test_a_server_that_hangs_is_left(self, settings, monkeypatch, post_office):
        monkeypatch.setattr(mail_module, "CONNECT_SECONDS", 0.2)
        monkeypatch.setattr(mail_module, "STEP_SECONDS", 0.2)
        post_office.mood = "hangs after the text"
        with pytest.raises(OutcomeUnknown):
            post_a("li@example.gov.cn", letter())
        with socket.create_server(("127.0.0.1", 0)) as dumb:  # takes the call and never says a word
            settings.ZHIBEN_SMTP_URL = f"smtp://127.0.0.1:{dumb.getsockname()[1]}"
            with pytest.raises(TryLater) as late:
                post_a("li@example.gov.cn", letter())
        assert late.value.whole_lane
        assert "没有应答" in late.value.reason

    @pytest.mark.parametrize(("mood", "calls"), [("kind", 1), ("two letters a call", 3), ("hangs up after each", 5)])
    def test_the_letters_of_a_batch_share_a_call_while_the_server_lets_them(self, post_office, mood, calls):
        post_office.mood = mood
        with Mail().conversation() as send:
            for n in range(5):
                send(f"p{n}@example.gov.cn", letter())
                if mood == "hangs up after each":
                    time.sleep(0.05)
        assert post_office.receivers == [f"p{n}@example.gov.cn" for n in range(5)]
        assert post_office.calls == calls

    def test_a_refused_letter_leaves_nothing_to_the_next(self, post_office):
        post_office.mood = "full box"
        with Mail().conversation() as send:
            send("a@example.gov.cn", letter())
            with pytest.raises(TryLater):
                send("full@example.gov.cn", letter())
            send("b@example.gov.cn", letter())
        assert post_office.receivers == ["a@example.gov.cn", "b@example.gov.cn"]

    def test_an_answer_that_comes_too_late_is_no_answer(self, post_office, monkeypatch):
        monkeypatch.setattr(mail_module, "STEP_SECONDS", 0.2)
        post_office.mood = "takes it too late"
        with pytest.raises(OutcomeUnknown):
            post_a("li@example.gov.cn", letter())

    def test_encrypted_with_password_and_the_offices_own_authority(self, settings, tmp_path):
        context, authority = certificate(tmp_path)
        settings.ZHIBEN_MAIL_FROM = "zhiben@example.gov.cn"
        with standing(PostOffice(), tls=context) as office:
            settings.ZHIBEN_SMTP_URL = f"smtp+starttls://zhiben:p%40ss%3Aw%2Frd@127.0.0.1:{office.port}"
            with pytest.raises(TryLater, match="ZHIBEN_SMTP_CA"):
                post_a("li@example.gov.cn", letter())
            settings.ZHIBEN_SMTP_CA = str(authority)
            post_a("li@example.gov.cn", letter())
            assert (office.logins, len(office.taken)) == ([b"zhiben"], 1)
            settings.ZHIBEN_SMTP_URL = f"smtp+starttls://zhiben:wrong@127.0.0.1:{office.port}"
            with pytest.raises(TryLater, match="用户名和口令"):
                post_a("li@example.gov.cn", letter())

    def test_a_password_does_not_travel_in_the_clear(self):
        with pytest.raises(ValueError, match="没有加密"):
            Server.from_url("smtp://user:secret@mail.example")
        with pytest.raises(ValueError, match="ZHIBEN_SMTP_URL"):
            Server.from_url("mail.example:25")


class TestRobots:
    """Against doubles written from the vendors' public documents."""

    def test_each_is_spoken_to_in_its_own_way(self, chat):
        chat.secret = "SEC1"
        called = letter("待接收：清查", mobiles=("13800000000",))
        Wecom().send(chat.address("wecom"), called)
        Dingtalk().send(f"{chat.address('dingtalk')} SEC1", called)
        Feishu().send(f"{chat.address('feishu')} SEC1", called)
        wecom, dingtalk, feishu = chat.taken
        assert wecom["text"] == {
            "content": f"【治本】待接收：清查\n{LINK}", "mentioned_mobile_list": ["13800000000"]
        }  # fmt: skip
        assert dingtalk["at"] == {"atMobiles": ["13800000000"], "isAtAll": False}
        assert "@13800000000" in dingtalk["text"]["content"]
        assert feishu["content"]["text"] == f"【治本】待接收：清查\n{LINK}"
        assert all("收到原因" not in str(body) for body in chat.taken), "a group is wider than the receiver"

    @pytest.mark.parametrize(("channel", "kind"), [(Dingtalk(), "dingtalk"), (Feishu(), "feishu")])
    def test_a_wrong_signature_is_refused_with_http_200(self, chat, channel, kind):
        chat.secret = "SEC1"
        with pytest.raises(Undeliverable, match=r"310000|19021"):
            channel.send(f"{chat.address(kind)} SEC2", letter())

    @pytest.mark.parametrize("channel", [Wecom(), Dingtalk(), Feishu()], ids=lambda channel: channel.name)
    def test_too_many_rests_the_robot(self, chat, channel):
        chat.per_minute = 0
        with pytest.raises(TryLater) as late:
            channel.send(chat.address(channel.name), letter())
        assert (late.value.after, late.value.whole_lane) == (channel.rests, True)

    @pytest.mark.parametrize("channel", [Wecom(), Dingtalk(), Feishu()], ids=lambda channel: channel.name)
    def test_a_long_digest_is_shortened_by_whole_lines(self, chat, channel):
        channel.send(
            chat.address(channel.name), letter(*(f"第 {n} 项：排查整治重点行业领域安全隐患" for n in range(400)))
        )
        text = str(chat.taken[0])
        assert "条，请登录治本查看。" in text

    def test_what_is_no_robot_or_broke_off(self, chat):
        chat.mood = "a web page"
        with pytest.raises(Undeliverable, match="核对机器人地址"):
            Wecom().send(chat.address("wecom"), letter())
        chat.mood = "ill"
        with pytest.raises(TryLater):
            Wecom().send(chat.address("wecom"), letter())
        chat.mood = "breaks off"
        with pytest.raises(OutcomeUnknown):
            Wecom().send(chat.address("wecom"), letter())

    def test_nobody_there_is_certainly_not_sent(self, settings):
        settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        with pytest.raises(TryLater) as late:
            Wecom().send(f"http://127.0.0.1:{port}/wecom", letter())
        assert late.value.whole_lane


class TestSms:
    def test_the_generic_gateway_fills_in_the_operators_template(self, settings, chat):
        settings.ZHIBEN_SMS_GATEWAY = "zhiben.core.notify.channels.sms.HttpSmsGateway"
        settings.ZHIBEN_SMS_URL = chat.address("feishu")
        settings.ZHIBEN_SMS_BODY = '{"to": ["{mobile}"], "params": {"content": "{text}"}, "id": "{key}"}'
        settings.ZHIBEN_SMS_SUCCESS = "code=0"
        Sms().send("13800000000", letter('待接收："清查", {mobile}'))
        assert chat.taken == [
            {"to": ["13800000000"], "params": {"content": '待接收："清查", {mobile}，请登录治本查看。'}, "id": "0b1c"}
        ]
        settings.ZHIBEN_SMS_SUCCESS = "code=1"
        with pytest.raises(Undeliverable):
            Sms().send("13800000000", letter())
        with pytest.raises(Undeliverable, match="手机号"):
            Sms().send("0571-1234567", letter())

    def test_one_message_is_seventy_characters(self):
        assert len(short_text(letter("长" * 200))) == 70
