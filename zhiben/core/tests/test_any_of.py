import pytest
from django.db.models import F

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.any_of import AnyOf
from zhiben.core.ids import new_id
from zhiben.core.org.models import Region
from zhiben.core.search.models import SearchEntry
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprises

pytestmark = pytest.mark.django_db


def test_rows_are_found_by_thousands_of_keys_of_every_kind(cast):
    regions = list(Region.objects.order_by("pk")[:3])
    keys = [region.pk for region in regions]
    assert list(Region.objects.filter(AnyOf(F("pk"), [*keys, *range(10**8, 10**8 + 40_000)])).order_by("pk")) == regions
    assert not Region.objects.exclude(AnyOf(F("pk"), keys)).filter(pk__in=keys).exists()
    paths = [region.path for region in regions]
    assert set(Region.objects.filter(AnyOf(F("path"), [*paths, "'", '"', "{}", "，\\"]))) == set(regions)
    assert not SearchEntry.objects.filter(AnyOf(F("record_id"), [])).exists()


def test_uuids_are_compared_as_the_database_keeps_them(cast):
    new = [NewEnterprise(name=f"{name}化工有限公司", region=cast.county, sector="industry") for name in "甲乙丙"]
    made = register_enterprises(enterprises=new, by=Machine("登记"), now=clock.now())
    known = [enterprise.pk for enterprise in made[:2]]
    found = Enterprise.objects.filter(AnyOf(F("pk"), {*known, new_id()})).values_list("pk", flat=True)
    assert set(found) == set(known)
    assert Enterprise.objects.exclude(AnyOf(F("pk"), known)).count() == 1
