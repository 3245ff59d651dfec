"""Ways to log in, and the places where somebody is logged in."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None) -> "User":
        user = self.model(username=username)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A way to log in, nothing more: who somebody is and what they may do is a `Person` and their `Post`s."""

    username = models.CharField("登录名", max_length=64, unique=True)
    is_active = models.BooleanField("可登录", default=True)
    must_change_password = models.BooleanField("须改密码", default=False)
    password_changed_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        verbose_name = "账号"
        indexes = [models.Index(Lower("username"), name="accounts_user_by_name")]
        """Names are told apart without regard to capitals."""

    def __str__(self) -> str:
        return self.username


class LoginSession(models.Model):
    """One place where an account is logged in, so that its owner can see it and end it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField("登录时间")
    last_seen_at = models.DateTimeField("最近使用")
    address = models.GenericIPAddressField("网络地址", null=True)
    device = models.CharField("设备", max_length=128, blank=True)

    class Meta:
        verbose_name = "登录"
        ordering = ("-last_seen_at",)

    def __str__(self) -> str:
        return f"{self.user} {self.device}"
