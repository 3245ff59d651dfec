from django.db import models
from django.db.models import Q

from zhiben.core.files.models import StoredFile
from zhiben.core.org.models import Unit


class DocumentTemplate(models.Model):
    """One version of a unit's own template for one kind of document. A version is never changed or deleted."""

    kind = models.CharField("文种", max_length=64)
    """Key of `KINDS`."""
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    number = models.PositiveIntegerField("版本")
    """1, 2, 3 … within unit and kind."""
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", verbose_name="文件")
    name = models.CharField("文件名", max_length=255)
    note = models.CharField("修改说明", max_length=200, blank=True)
    uploaded_by_name = models.CharField("上传人", max_length=128)
    uploaded_at = models.DateTimeField("上传时间")
    in_force_from = models.DateTimeField("启用时间", null=True)
    """Last put in force; of several, the latest counts. Null until then."""
    withdrawn_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "公文模板"
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("unit", "kind", "number"), name="documents_template_number_once"),
        ]
        indexes = [
            models.Index(
                fields=("kind", "unit"),
                name="documents_template_in_force",
                condition=Q(in_force_from__isnull=False, withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 版"


class Letterhead(models.Model):
    """版头和版记 of one unit: what every document of it repeats. What is empty follows from the unit's name."""

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    issuer = models.CharField("发文机关标志", max_length=64, blank=True)
    code = models.CharField("机关代字", max_length=32, blank=True)
    signer = models.CharField("签发人", max_length=64, blank=True)
    to = models.CharField("主送机关", max_length=500, blank=True)
    copies_to = models.CharField("抄送机关", max_length=500, blank=True)
    printed_by = models.CharField("印发机关", max_length=128, blank=True)
    contact = models.CharField("联系人", max_length=32, blank=True)
    telephone = models.CharField("联系电话", max_length=32, blank=True)

    class Meta:
        verbose_name = "版头"

    def __str__(self) -> str:
        return f"{self.unit}版头"
