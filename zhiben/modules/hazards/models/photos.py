"""What is known of the photos of hazards beyond what their camera wrote: how they look, and what is doubtful in them."""

from django.db import models

from zhiben.core.files.models import StoredFile

from .hazard import Hazard


class PictureHash(models.Model):
    """A 64-bit difference hash (`pictures.difference_hash`): pictures of the same thing differ in few bits."""

    file = models.OneToOneField(StoredFile, on_delete=models.CASCADE, primary_key=True, related_name="+")
    bits = models.BigIntegerField(null=True)
    """As a signed number; null for a picture that shows too little to be told from others."""

    class Meta:
        verbose_name = "照片特征"


class DoubtKind(models.TextChoices):
    PLACE = "place", "拍摄位置"
    TIME = "time", "拍摄时间"
    SAME = "same", "与其他照片相同"


class Doubt(models.Model):
    """存疑: something about a photo that whoever verifies must know. It refuses nothing."""

    hazard = models.ForeignKey(Hazard, on_delete=models.CASCADE, related_name="doubts", verbose_name="隐患")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", verbose_name="照片")
    name = models.CharField("文件名", max_length=255)
    used_as = models.CharField("用途", max_length=64)
    kind = models.CharField("疑点", max_length=8, choices=DoubtKind.choices)
    sentence = models.CharField("说明", max_length=300)
    found_at = models.DateTimeField("发现时间")

    class Meta:
        verbose_name = "照片存疑"
        ordering = ("found_at", "pk")

    def __str__(self) -> str:
        return f"{self.name}：{self.sentence}"
