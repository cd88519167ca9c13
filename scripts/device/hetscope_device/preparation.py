"""Optional settings for the time of a run: each is noted on the device before it is changed and put back afterwards, by
this session in the end or, when it never comes back, by the next one."""

from hetscope_device.errors import DriverError, WrongUsage

_PATIENCE_S = 15.0
ITEMS = ("stay_awake", "fixed_performance", "airplane")


def check(items, transport):
    for item in items:
        if item not in ITEMS:
            raise WrongUsage(f"cannot prepare '{item}'", "there are: " + ", ".join(ITEMS))
    if "airplane" in items and (transport.kind != "adb" or getattr(transport, "is_network", False)):
        raise WrongUsage(
            f"{transport.name} is reached over the network", "airplane mode would cut the link; use USB or leave it out"
        )


def prepare(device, run_id, items, notice):
    """Returns {item: "prepared" or "refused"}."""
    if not items:
        return {}
    answer = device.ask("prepare", run_id, *items)
    done = {item: "prepared" for item in answer.lists.get("prepared", [])}
    done.update({item: "refused" for item in answer.lists.get("refused", [])})
    for item in items:
        done.setdefault(item, "prepared before" if answer.status == 0 else "refused")
        if done[item] == "refused":
            notice(f"the device refuses {item}")
    return done


def restore(device, run_id, notice):
    """True when nothing is left to be put back. Never raises: it is the last act of a session."""
    try:
        answer = device.ask("restore", run_id, patience_s=_PATIENCE_S)
    except DriverError as error:
        notice(f"settings not put back; the next session with this device does it: {error}")
        return False
    for item in answer.lists.get("not_restored", []):
        notice(f"could not put back {item}; the next session tries again")
    return answer.status == 0 and not answer.get("not_restored")
