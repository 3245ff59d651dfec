"""The numbers a region chooses: practice that is no national law is configuration."""

from datetime import date

from django.db import models

from zhiben.core.org.models import Region, RegionLevel


class HazardPolicy(models.Model):
    """How a region deals with hazards; the nearest region upwards that has one decides, else these defaults."""

    region = models.OneToOneField(Region, on_delete=models.CASCADE, related_name="+", verbose_name="区域")
    judge_days = models.PositiveSmallIntegerField("判定时限（工作日）", default=2)
    plan_days = models.PositiveSmallIntegerField("报整改方案时限（工作日）", default=5)
    verify_days = models.PositiveSmallIntegerField("复查时限（工作日）", default=5)
    general_days = models.PositiveSmallIntegerField("一般隐患整改默认天数", default=15)
    major_days = models.PositiveSmallIntegerField("重大隐患整改默认天数", default=30)
    extensions = models.PositiveSmallIntegerField("最多延期次数", default=2)
    extension_days = models.PositiveSmallIntegerField("每次延期最多天数", default=30)
    look_back_days = models.PositiveSmallIntegerField("重大隐患销号后几天回头看", default=90)
    look_back_share = models.PositiveSmallIntegerField("一般隐患回头看抽取比例（%）", default=10)
    recurrence_days = models.PositiveSmallIntegerField("几天内再次出现算复发", default=365)
    review_days = models.PositiveSmallIntegerField("五步复盘时限（工作日）", default=20)
    closing_level = models.PositiveSmallIntegerField(
        "重大隐患最低由哪一级销号", choices=RegionLevel.choices, default=RegionLevel.COUNTY
    )

    clearance_from = models.DateField(
        "动态清零起算日", default=date(2024, 1, 1), help_text="这一天以前发现、当时尚未销号的算存量，以后发现的算增量"
    )
    """治本攻坚三年行动 began in January 2024."""

    class Meta:
        verbose_name = "隐患治理规则"

    def __str__(self) -> str:
        return f"{self.region}的隐患治理规则"
