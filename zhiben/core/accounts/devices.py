"""The browser and the system in words, so that people recognise their own logins."""

SYSTEMS = (
    ("HarmonyOS", "鸿蒙"), ("Android", "安卓手机"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (
    ("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("360SE", "360 浏览器"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


def device_name(user_agent: str) -> str:
    """
    >>> device_name("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36")
    'Windows 上的 Chrome'
    """
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    return f"{system} 上的 {browser}" if system and browser else system or browser or "未知设备"
