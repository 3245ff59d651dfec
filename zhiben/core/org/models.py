"""Who there is: regions, units, bodies across units, people, posts, delegations."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from .paths import RegionPathField
from .roles import Role


class DatedQuerySet(models.QuerySet):
    def valid_on(self, day: date) -> Self:
        """Rows that hold on that day; both ends of their span included."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))


class Dated(models.Model):
    """Something that holds for a span of days, both ends included; an open end is null."""

    valid_from = models.DateField("生效日", null=True, blank=True)
    valid_to = models.DateField("失效日", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class RegionLevel(models.IntegerChoices):
    PROVINCE = 1, "省级"
    CITY = 2, "市级"
    COUNTY = 3, "县级"
    TOWN = 4, "乡级"
    VILLAGE = 5, "村级"
    GRID = 6, "网格"


class Region(Dated):
    """A piece of the country. Its `path` is its place in the tree (subtree = prefix); the official code is
    only an attribute, because parks and new districts have none and codes change (GB/T 2260, 统计用区划代码)."""

    name = models.CharField("名称", max_length=64)
    level = models.PositiveSmallIntegerField("层级", choices=RegionLevel.choices)
    is_functional = models.BooleanField("功能区", default=False, help_text="开发区、园区、新区等不在统计代码内的区域")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级区域"
    )
    path = RegionPathField("位置", unique=True, editable=False)
    """`0007002b`: four base-36 digits a level; kept by the services of `regions`."""
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name="并入"
    )

    class Meta:
        verbose_name = "区域"
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name


class RegionFormerName(Dated):
    """A name that a region bore until it was renamed: old documents still speak of it so."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="former_names", verbose_name="区域")
    name = models.CharField("曾用名", max_length=64)

    class Meta:
        verbose_name = "区域曾用名"


class RegionCode(Dated):
    """The 12-digit code a region bears in a span of days."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="codes", verbose_name="区域")
    code = models.CharField("区划代码", max_length=12, db_index=True)

    class Meta:
        verbose_name = "区划代码"
        constraints = [
            models.UniqueConstraint(fields=("code",), condition=Q(valid_to=None), name="org_code_in_force_once"),
            models.CheckConstraint(condition=Q(code__regex=r"^\d{12}$"), name="org_code_has_12_digits"),
        ]


class UnitKind(models.TextChoices):
    GOVERNMENT = "government", "人民政府"
    PARTY = "party", "党委部门"
    COMMITTEE_OFFICE = "committee_office", "安委会办公室"
    DEPARTMENT = "department", "政府部门"
    TOWN = "town", "乡镇（街道）"
    PARK = "park", "开发区（园区）"
    VILLAGE = "village", "村（社区）"
    ENTERPRISE = "enterprise", "企业"
    INSTITUTION = "institution", "机构"


class Unit(Dated):
    """An organisation that can be given work."""

    name = models.CharField("全称", max_length=128)
    short_name = models.CharField("简称", max_length=32, blank=True)
    kind = models.CharField("类别", max_length=20, choices=UnitKind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="units", verbose_name="区域")
    region_path = RegionPathField("所在区域", editable=False, db_index=True)
    sectors = models.JSONField("监管行业", default=list, blank=True)
    """Keys of `Sector` this unit supervises; `*` for comprehensive supervision; empty for none."""
    superior = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="subordinates", verbose_name="上级单位"
    )
    """To whom this unit answers: where work climbs when nobody here can take it."""
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)

    class Meta:
        verbose_name = "单位"
        ordering = ("region_path", "kind", "pk")
        constraints = [
            # two offices of one name are one office; two 小李餐馆 are two
            models.UniqueConstraint(
                fields=("name",), condition=Q(valid_to=None) & ~Q(kind="enterprise"), name="org_unit_name_in_force_once"
            ),
        ]
        indexes = [
            models.Index(fields=("name",), name="org_unit_by_name"),
            models.Index(fields=("short_name",), name="org_unit_by_short_name", condition=~Q(short_name="")),
            models.Index(fields=("credit_code",), name="org_unit_by_credit_code", condition=~Q(credit_code="")),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class UnitAlias(models.Model):
    """Another name under which documents speak of a unit: 市监局, 州安委办, a former name."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="aliases", verbose_name="单位")
    name = models.CharField("别名", max_length=64, db_index=True)

    class Meta:
        verbose_name = "单位别名"
        constraints = [models.UniqueConstraint(fields=("unit", "name"), name="org_alias_once_a_unit")]


class BodyKind(models.TextChoices):
    COMMITTEE = "committee", "安委会"
    SPECIAL_COMMITTEE = "special_committee", "专业委员会"
    LEADING_GROUP = "leading_group", "领导小组"
    TASK_FORCE = "task_force", "工作专班"


class Body(Dated):
    """People of several units who act together (专委会, 领导小组, 工作专班)."""

    name = models.CharField("名称", max_length=128)
    kind = models.CharField("类别", max_length=20, choices=BodyKind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="bodies", verbose_name="区域")
    office = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="bodies_served", verbose_name="办事机构"
    )
    """The unit that does its daily work."""

    class Meta:
        verbose_name = "议事协调机构"

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    name = models.CharField("姓名", max_length=32)
    mobile = models.CharField("手机", max_length=20, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="person",
        verbose_name="账号",
    )

    class Meta:
        verbose_name = "人员"
        # a list of a hundred thousand is compared with whom we know, a thousand at a time
        indexes = [
            models.Index(fields=("name", "id"), name="org_person_by_name"),
            models.Index(fields=("mobile",), name="org_person_by_mobile", condition=~Q(mobile="")),
        ]

    def __str__(self) -> str:
        return self.name


class BodyMembership(Dated):
    """A member of a body: a unit, or one person by name."""

    class Position(models.TextChoices):
        CHAIR = "chair", "主任（组长）"
        VICE = "vice", "副主任（副组长）"
        MEMBER = "member", "成员"

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="memberships", verbose_name="机构")
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name="单位"
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name="人员"
    )
    position = models.CharField("职务", max_length=8, choices=Position.choices, default=Position.MEMBER)

    class Meta:
        verbose_name = "成员"
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False) | Q(person__isnull=False), name="org_member_is_somebody"
            )
        ]


class Post(Dated):
    """A person's place: person × unit × role × sectors, for a span of days. Rights come from here only."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts", verbose_name="人员")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts", verbose_name="单位")
    role = models.CharField("角色", max_length=32, choices=Role.choices)
    title = models.CharField("职务", max_length=64, blank=True)
    sectors = models.JSONField("分管行业", default=list, blank=True)
    """Keys of `Sector`; empty means all of the unit's."""

    class Meta:
        verbose_name = "岗位"
        indexes = [models.Index(fields=("unit", "role"), name="org_post_seat")]

    def __str__(self) -> str:
        return f"{self.unit}·{self.title or self.get_role_display()}"


class ProposedPost(models.Model):
    """待任命: a post that the system administrator has put forward with a list of people. It carries no right until
    the security administrator confirms it, and then it is a `Post`."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="proposals", verbose_name="人员")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+", verbose_name="单位")
    role = models.CharField("角色", max_length=32, choices=Role.choices)
    title = models.CharField("职务", max_length=64, blank=True)
    sectors = models.JSONField("分管行业", default=list, blank=True)
    proposed_by_name = models.CharField("提交人", max_length=64)
    proposed_at = models.DateTimeField("提交时间")

    class Meta:
        verbose_name = "待任命岗位"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("person", "unit", "role"), name="org_post_proposed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person}：{self.unit}·{self.title or self.get_role_display()}"


class Delegation(Dated):
    """代理: another person acts from this post for some days, and the trail shows both."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="delegations", verbose_name="岗位")
    deputy = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations", verbose_name="代理人")
    reason = models.CharField("事由", max_length=128, blank=True)

    class Meta:
        verbose_name = "代理"
