from uuid import uuid4

from django.db import models


class StoredFile(models.Model):
    """Some content, stored once whoever brings it and under whatever name."""

    digest = models.CharField("SHA-256", max_length=64, unique=True)
    size = models.PositiveBigIntegerField("大小")
    media_type = models.CharField("类型", max_length=100)
    """By its content, never by its name."""
    created_at = models.DateTimeField("存入时间")

    class Meta:
        verbose_name = "文件内容"

    def __str__(self) -> str:
        return f"{self.media_type} {self.digest[:12]}"


class Upload(models.Model):
    """A file as somebody brought it, before it is attached to anything. A form that is refused keeps its uploads,
    so nobody chooses the same photos twice. A step's input of kind `files` is a list of these."""

    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField("文件名", max_length=255)
    uploaded_by_id = models.BigIntegerField()
    unit_id = models.BigIntegerField(null=True)
    """The unit from whose post it was brought: its quota is charged."""
    uploaded_at = models.DateTimeField("上传时间", db_index=True)

    class Meta:
        verbose_name = "上传"

    def __str__(self) -> str:
        return self.name


class Attachment(models.Model):
    """A file that belongs to a record of any module."""

    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=36)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField("文件名", max_length=255)
    label = models.CharField("用途", max_length=64, blank=True)
    attached_by_id = models.BigIntegerField(null=True)
    attached_by_name = models.CharField("上传人", max_length=128)
    attached_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "附件"
        ordering = ("attached_at", "pk")
        indexes = [models.Index(fields=("record_type", "record_id"), name="files_of_record")]

    def __str__(self) -> str:
        return self.name


class ResumableUpload(models.Model):
    """A file that arrives in pieces, over a bad network or after a reload. Its pieces lie in the store's `arriving/`;
    `received` bytes of them are flushed to disk and acknowledged."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner_id = models.BigIntegerField()
    name = models.CharField("文件名", max_length=255)
    length = models.PositiveBigIntegerField("大小")
    received = models.PositiveBigIntegerField("已收到", default=0)
    began_at = models.DateTimeField("开始时间")
    expires_at = models.DateTimeField("保留至", db_index=True)
    upload = models.ForeignKey(Upload, on_delete=models.SET_NULL, null=True, related_name="+")
    """Once it is complete."""

    class Meta:
        verbose_name = "断点续传"

    def __str__(self) -> str:
        return self.name


class PictureFacts(models.Model):
    """What a camera wrote into a photo: evidence of where and when it was taken, and no proof, for it can be altered.
    The original keeps it unchanged; what is published is made without it."""

    file = models.OneToOneField(StoredFile, on_delete=models.CASCADE, primary_key=True, related_name="picture_facts")
    width = models.PositiveIntegerField("宽")
    height = models.PositiveIntegerField("高")
    taken_at = models.DateTimeField("拍摄时间", null=True)
    device = models.CharField("拍摄设备", max_length=128, blank=True)
    software = models.CharField("处理软件", max_length=128, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True)
    """Degrees of WGS 84, as the device found them."""
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True)

    class Meta:
        verbose_name = "照片拍摄信息"

    @property
    def has_place(self) -> bool:
        return self.latitude is not None and self.longitude is not None


class UnitStorage(models.Model):
    """How much a unit has brought, and how much it may."""

    unit_id = models.BigIntegerField(primary_key=True)
    used = models.PositiveBigIntegerField("已用字节", default=0)
    quota = models.PositiveBigIntegerField("上限字节", null=True)
    """Null: the installation's (`ZHIBEN_UNIT_QUOTA_MB`)."""

    class Meta:
        verbose_name = "单位存储用量"
