"""What rules of classes see of an enterprise's hazards."""

from datetime import timedelta

from zhiben.core.clock import local_day
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.registry.figures import FACTS, values_of


def test_open_major_ones_and_those_past_their_day_are_counted(rectifying, plant, now):
    late, major = rectifying(), rectifying(level="major")
    wanted = ("open_major_hazards", "overdue_hazards")

    def counted(day):
        return [values_of([plant], wanted, day)[plant.pk][key] for key in wanted]

    assert [FACTS[key].label for key in wanted] == ["未销号重大隐患", "逾期隐患"]
    days = sorted(Hazard.objects.filter(pk__in=[late.pk, major.pk]).values_list("rectify_by", flat=True))
    assert counted(local_day(now)) == [1, 0]
    assert counted(days[0]) == [1, 0], "the day itself is not over"
    assert counted(days[-1] + timedelta(days=1)) == [1, 2]
