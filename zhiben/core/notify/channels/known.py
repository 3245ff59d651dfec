"""Every channel there is, by name."""

from .channel import Channel
from .mail import Mail
from .robots import Dingtalk, Feishu, RobotChannel, Wecom
from .sms import Sms

CHANNELS: dict[str, Channel] = {channel.name: channel for channel in (Mail(), Sms(), Wecom(), Dingtalk(), Feishu())}


def channel_of(lane: str) -> Channel:
    """`wecom:3` is a lane of the channel `wecom`."""
    return CHANNELS[lane.partition(":")[0]]


def is_robot(channel: Channel) -> bool:
    return isinstance(channel, RobotChannel)
