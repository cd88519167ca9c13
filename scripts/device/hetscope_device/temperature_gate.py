"""Waits until a device is cool enough to be measured. A gate by temperature, because a pause of fixed length is too
short for a hot device and lets a cool one fall asleep."""

from hetscope_device import state
from hetscope_device.errors import TryAgain

_LOOK_EVERY_S = 5.0


class Gate:
    def __init__(self, battery_c=38.0, zone_c=65.0, timeout_s=600.0, is_off=False):
        self.battery_c = battery_c
        self.zone_c = zone_c
        self.timeout_s = timeout_s
        self.is_off = is_off

    def too_hot(self, reading):
        """Why it is too hot, or an empty text. The battery speaks for the case of a phone, zones for a board."""
        if reading.status:
            return f"it throttles ({state.THERMAL_STATUS[min(reading.status, 6)]})"
        if reading.battery_c is not None:
            return (
                f"battery at {reading.battery_c:.1f} C, limit {self.battery_c:g} C"
                if reading.battery_c > self.battery_c
                else ""
            )
        zone_c = reading.hottest_zone_c
        if zone_c is not None and zone_c > self.zone_c:
            return f"hottest zone at {zone_c:.1f} C, limit {self.zone_c:g} C"
        return ""


def wait_until_cool(device, gate, notice, reading=None, hold=lambda: None):
    """Returns what the record says about it (`reading` saves the first look); raises TryAgain when the device does not
    cool in time. `hold` is called after each look, because waiting may take longer than the lease."""
    if gate.is_off:
        return {"gate": "off"}
    began_s = device.clock.now_s()
    told = False
    while True:
        reading = reading or state.temperature(device)
        hold()
        if not reading.known:
            notice("no temperature can be read; throttling will go unseen")
            return {"gate": "unknown", "reason": "no temperature can be read"}
        reason = gate.too_hot(reading)
        waited_s = device.clock.now_s() - began_s
        if not reason:
            return {"gate": "passed", "waited_s": round(waited_s, 1), **reading.to_json()}
        if waited_s >= gate.timeout_s:
            raise TryAgain(
                f"{device.name}: still too hot after {gate.timeout_s:g} s: {reason}",
                "let it cool, or a longer --cool-timeout",
            )
        if not told:
            notice(f"waiting to cool: {reason}")
            told = True
        reading = None
        device.clock.sleep(min(_LOOK_EVERY_S, max(gate.timeout_s - waited_s, 0.01)))
