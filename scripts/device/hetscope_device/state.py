"""What a device says about itself: system, temperatures, battery, screen, clocks, how programs are launched. Everything
here is optional; what cannot be read is named with the reason."""

import re

from hetscope_device.errors import LinkLost

PROPERTIES = (
    "ro.soc.manufacturer",
    "ro.soc.model",
    "ro.product.manufacturer",
    "ro.product.model",
    "ro.product.device",
    "ro.hardware",
    "ro.board.platform",
    "ro.build.fingerprint",
    "ro.build.type",
    "ro.build.version.release",
    "ro.build.version.sdk",
    "ro.product.cpu.abi",
    "ro.hardware.egl",
    "ro.hardware.vulkan",
    "ro.opengles.version",
    "ro.gfx.driver.0",
    "ro.debuggable",
)
THERMAL_STATUS = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")


def sections(text):
    """{name: [line]} of the agent's `== name` blocks."""
    found, lines = {}, None
    for line in text.splitlines():
        if line.startswith("== "):
            lines = found.setdefault(line[3:].strip(), [])
        elif lines is not None:
            lines.append(line.rstrip())
    return found


def _pairs(lines, separator="="):
    pairs = {}
    for line in lines:
        name, found, value = line.partition(separator)
        if found:
            pairs[name.strip()] = value.strip()
    return pairs


def read_properties(lines):
    everything = {}
    for line in lines:
        match = re.match(r"\[([^\]]+)\]: \[(.*)\]$", line)
        if match:
            everything[match.group(1)] = match.group(2)
    return {name: everything[name] for name in PROPERTIES if everything.get(name)}


def read_battery(lines):
    """level (percent), temp_c, status, powered by what."""
    pairs = _pairs(lines, ":")
    battery = {}
    if re.fullmatch(r"\d+", pairs.get("level", "")):
        battery["level_percent"] = int(pairs["level"])
    if re.fullmatch(r"-?\d+", pairs.get("temperature", "")):
        battery["temp_c"] = int(pairs["temperature"]) / 10
    powered = [
        name.split()[0].lower()
        for name in ("AC powered", "USB powered", "Wireless powered", "Dock powered")
        if pairs.get(name) == "true"
    ]
    if battery or powered:
        battery["powered_by"] = powered
        battery["charging"] = pairs.get("status") == "2"
    return battery


def read_thermal(lines):
    """(throttling status 0..6 or None, {sensor: degrees Celsius}) of `dumpsys thermalservice`."""
    text = "\n".join(lines)
    status = re.search(r"Thermal Status: (\d+)", text)
    # The HAL's current readings; what stands above them is cached and may be old.
    current = text.split("Current temperatures from HAL", 1)[-1].split("Current cooling devices", 1)[0]
    sensors = {}
    for value, name in re.findall(r"Temperature\{mValue=(-?\d+(?:\.\d+)?), mType=-?\d+, mName=([^,}]+)", current):
        sensors[name.strip()] = float(value)
    return (int(status.group(1)) if status else None), sensors


def read_zones(lines):
    """{zone: degrees Celsius}; most drivers say millidegrees, some degrees; what is absurd is left out."""
    zones = {}
    for name, value in _pairs(lines).items():
        if re.fullmatch(r"-?\d+", value):
            degrees = int(value) / 1000 if abs(int(value)) >= 1000 else float(value)
            if -40 < degrees < 150 and degrees != 0:
                zones[name] = degrees
    return zones


def missing_of(found):
    """Why sections are empty, in the device's own words."""
    reasons = {}
    for name, lines in found.items():
        for line in lines:
            if line.startswith("missing: ") or re.search(r"[Pp]ermission [Dd]en|Can't find service", line):
                reasons[name] = line[:200]
                break
    return reasons


class Temperature:
    """The reading that a gate looks at: throttling status, battery or skin in Celsius, hottest zone."""

    def __init__(self, found):
        self.status, self.sensors = read_thermal(found.get("thermal", []))
        self.battery_c = read_battery(found.get("battery", [])).get("temp_c")
        self.zones = read_zones(found.get("thermal_zones", []))

    @property
    def known(self):
        return self.status is not None or self.battery_c is not None or bool(self.zones)

    @property
    def hottest_zone_c(self):
        return max(self.zones.values(), default=None)

    def to_json(self):
        return {
            "thermal_status": self.status,
            "battery_c": self.battery_c,
            "sensors_c": self.sensors,
            "zones_c": self.zones,
        }


def describe(text):
    """The device's state as JSON, from the agent's `state` output."""
    found = sections(text)
    first = {name: (lines[0] if lines else "") for name, lines in found.items()}
    screen = _pairs([line.strip() for line in found.get("screen", [])])
    return {
        "uname": first.get("uname", ""),
        "boot": first.get("boot", ""),
        "device_time": first.get("date", ""),
        "uptime_s": int(first["uptime_s"]) if first.get("uptime_s", "").isdigit() else None,
        "free_kib": int(first["free_kib"]) if first.get("free_kib", "").isdigit() else None,
        "load": first.get("load", ""),
        "properties": read_properties(found.get("getprop", [])),
        "battery": read_battery(found.get("battery", [])),
        "power_supply": _pairs(found.get("power_supply", [])),
        "temperature": Temperature(found).to_json(),
        "cpufreq": _pairs(found.get("cpufreq", [])),
        "gpu": _pairs(found.get("gpu", [])),
        "gles": next((line[len("GLES: ") :] for line in found.get("gles", []) if line.startswith("GLES: ")), ""),
        "opencl_libraries": [line for line in found.get("opencl", []) if line.startswith("/")],
        "screen": screen.get("mWakefulness", ""),
        "launch": {
            "id": first.get("id", ""),
            **_pairs(found.get("launch", [])),
            **_pairs([line for line in found.get("launch", []) if line.startswith(("Cpus", "Seccomp", "Cap"))], ":"),
        },
        "missing": missing_of(found),
    }


def collect(device):
    """(state now, its Temperature); when it does not come back in time, why, and None."""
    try:
        text = device.ask_once("state", timeout_s=30.0).text
        return describe(text), Temperature(sections(text))
    except LinkLost as error:
        return {"missing": {"state": error.what}}, None


def temperature(device):
    return Temperature(sections(device.ask("temperature").text))
