"""The ratio of a division with the least time, without trying all: golden section, and whether the answer holds."""

import math

GOLDEN = (math.sqrt(5) - 1) / 2


def golden_section(cost, steps):
    """(ratio, low, high): where `cost` is least of `steps` ratios (at least 2), and the ends between which the least lies.

    `cost` is asked once for each ratio and has one valley between 0 and 1; of several, one is found. The ends are
    GOLDEN ** (steps - 1) apart. Source: Kiefer, Sequential minimax search for a maximum, Proc. AMS 4, 1953.
    """
    low, high = 0.0, 1.0
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(steps - 2):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = cost(right)
    return (left, low, right) if at_left < at_right else (right, left, high)


def confirmation(others, margin):
    """Whether a minimum holds. `others`: {ratio: (middle, low, high)}, its time over the minimum's with an interval.

    Refuted where one is surely faster by more than `margin`, confirmed where surely none is, else unclear.
    """
    for ratio, (middle, low, high) in sorted(others.items()):
        if high < 1 - margin:
            return f"refuted: {ratio:g} takes {middle:.2f} [{low:.2f}, {high:.2f}] of its time"
    doubtful = [f"{ratio:g}" for ratio, (_, low, _) in sorted(others.items()) if not low > 1 - margin]
    if doubtful or not others:
        return "unclear: " + (f"{' and '.join(doubtful)} may be faster" if doubtful else "no other ratio was measured")
    return "confirmed"
