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
    uploaded_at = models.DateTimeField("上传时间")

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
