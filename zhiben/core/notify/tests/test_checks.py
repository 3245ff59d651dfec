"""Wrong settings are named before the first letter fails."""

from django.core.checks import run_checks


def ids(**kwargs) -> set[str]:
    return {found.id for found in run_checks(**kwargs) if found.id.startswith("notify.")}


def test_nothing_set_is_nothing_wrong():
    assert ids(include_deployment_checks=True) == set()


def test_what_is_wrong_is_named(settings):
    settings.ZHIBEN_SMTP_URL, settings.ZHIBEN_SMTP_CA = "smtp://user:secret@mail.example", "/no/such.pem"
    settings.ZHIBEN_SMS_GATEWAY, settings.ZHIBEN_SMS_BODY = "no.such.Gateway", "{"
    found = ids(include_deployment_checks=True)
    assert found == {"notify.E001", "notify.E002", "notify.E003", "notify.E004", "notify.E005", "notify.W001"}
