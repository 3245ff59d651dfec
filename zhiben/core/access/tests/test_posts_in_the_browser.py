"""One person, several hats."""

from datetime import timedelta

import pytest
from django.urls import reverse

from zhiben.core.access.acting import hats
from zhiben.core.access.middleware import ActingMiddleware
from zhiben.core.clock import local_day
from zhiben.core.org import services as org


@pytest.fixture
def acts_as(rf, monkeypatch, now):
    """The hat that a browser wears in its next request."""
    from django.contrib.auth.models import AnonymousUser

    from zhiben.core import clock

    monkeypatch.setattr(clock, "now", lambda: now)

    def ask(client):
        request = rf.get("/")
        request.session = client.session
        user_id = client.session.get("_auth_user_id")
        from zhiben.core.accounts.models import User

        request.user = User.objects.get(pk=user_id) if user_id else AnonymousUser()
        seen = []
        ActingMiddleware(lambda request: seen.append(request.acting))(request)
        return seen[0]

    return ask


def test_somebody_without_login_acts_as_nobody(client, db, acts_as):
    assert acts_as(client) is None


def test_the_first_post_unless_another_was_chosen(cast, acts_as):
    client = cast.client("bureau_officer")
    assert acts_as(client) == cast.bureau_officer
    client.post(reverse("access:switch"), {"post": cast.regulator.post.pk})
    assert acts_as(client) == cast.regulator


def test_nobody_puts_on_another_s_hat(cast, acts_as):
    client = cast.client("town")
    client.post(reverse("access:switch"), {"post": cast.chief.post.pk})
    assert acts_as(client) == cast.town


def test_a_hat_that_was_taken_away_is_worn_no_more(cast, acts_as, now):
    client = cast.client("regulator")
    org.end_post(post=cast.regulator.post, last_day=local_day(now) - timedelta(days=1), by=cast.chief, now=now)
    assert acts_as(client) == cast.bureau_officer


def test_a_deputy_wears_the_hat_and_the_trail_shows_both(cast, acts_as, now):
    today = local_day(now)
    org.delegate(
        post=cast.office.post, deputy=cast.chief.person, valid_from=today, valid_to=today, by=cast.office, now=now
    )
    client = cast.client("chief")
    client.post(reverse("access:switch"), {"post": cast.office.post.pk})
    acting = acts_as(client)
    assert acting.person == cast.chief.person
    assert acting.on_behalf_of == cast.office.person
    assert str(acting) == "主策（代安宁，县安委办·安委办科员）"
    assert set(cast.office.seats) <= set(acting.seats)


def test_a_delegation_ends_by_itself(cast, now):
    today = local_day(now)
    org.delegate(
        post=cast.office.post, deputy=cast.chief.person, valid_from=today, valid_to=today, by=cast.office, now=now
    )
    user = cast.chief.person.user_id
    assert len(hats(user, now)) == 2
    assert len(hats(user, now + timedelta(days=1))) == 1


def test_two_queries_tell_all_hats(cast, now, django_assert_num_queries):
    with django_assert_num_queries(2):
        for hat in hats(cast.bureau_officer.person.user_id, now):
            assert hat.person.name
            assert hat.unit.region.name


def test_switching_leads_back_to_this_site_only(cast):
    client = cast.client("regulator")
    post = cast.bureau_officer.post.pk
    assert client.post(reverse("access:switch"), {"post": post, "next": "/me/"})["Location"] == "/me/"
    assert (
        client.post(reverse("access:switch"), {"post": post, "next": "https://elsewhere.example/"})["Location"] == "/"
    )
