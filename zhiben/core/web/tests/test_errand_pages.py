"""The pages of one kind of record, as the people of the cast meet them."""

from .conftest import give


def test_the_list_shows_what_the_post_may_see(cast, now):
    give(cast, now, "清查仓库")
    page = cast.client("bureau_officer").get("/errands/")
    assert page.status_code == 200
    assert "清查仓库" in page.content.decode()
