from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


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
