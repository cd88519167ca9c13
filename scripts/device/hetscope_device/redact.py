"""Takes out of texts what tells who or where someone is, and keeps what tells what is wrong. The same thing always gets
the same stand-in, so that a reader still sees that two lines speak of one device."""

import getpass
import hashlib
import os
import re
import socket

_RULES = (
    ("mac", re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")),
    ("ip", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|\.\d)")),
    ("ip", re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])")),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b")),
    ("number", re.compile(r"\b\d{14,16}\b")),  # IMEI
    ("uuid", re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")),
)
# Lines whose value is an identity whatever it looks like.
_NAMED = re.compile(
    r"^(\s*\[?[\w.]*(?:serial(?:no)?|imei|meid|android_id|bluetooth_name|device_name|ssid|hostname|net\.hostname|wifi\.\w*mac|"
    r"iccid|imsi|msisdn|phone_?number)\w*\]?\s*[:=]\s*\[?)([^\]\s]+)",
    re.IGNORECASE | re.MULTILINE,
)


class Redaction:
    def __init__(self, *secrets):
        home = os.path.expanduser("~")
        words = {"serial": set(secrets), "user": {getpass.getuser()}, "host": {socket.gethostname()}, "home": {home}}
        self._words = [
            (kind, word) for kind, group in words.items() for word in group if word and len(word) > 2 and word != "root"
        ]
        self._words.sort(key=lambda pair: -len(pair[1]))

    @staticmethod
    def _stand_in(kind, text):
        return f"<{kind}-{hashlib.sha256(b'hetscope-redaction' + text.encode('utf-8', 'replace')).hexdigest()[:6]}>"

    def apply(self, text):
        for kind, word in self._words:
            text = text.replace(word, self._stand_in(kind, word))
        text = _NAMED.sub(lambda match: match.group(1) + self._stand_in("identity", match.group(2)), text)
        for kind, pattern in _RULES:
            text = pattern.sub(lambda match, kind=kind: self._stand_in(kind, match.group(0)), text)
        return text
