from .pages.look_backs import LookBackPages
from .pages.records import HazardPages
from .pages.reviews import ReviewPages

urlpatterns = [*HazardPages.urls(), *LookBackPages.urls(), *ReviewPages.urls()]
