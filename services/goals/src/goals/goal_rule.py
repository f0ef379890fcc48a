"""How a goal's measurements are judged, and where they stand now, in sentences for whoever looks at its chart.

The numbers are those of `arithmetic`; nothing is decided here.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from chalkline_contracts.goals import Trend

from goals.arithmetic import AMONG, BEGINS, IN_A_ROW, THE_LAST, Aim
from goals.drawing import Drawn
from goals.goal_history import History, Milestone


def in_words(history: History, drawn: Sequence[Drawn]) -> list[str]:
    """The decision rule of the version in force, and what it says of the measurements there are."""
    if not history.chapters:
        return ["No target is set yet: every measurement is shown, and none is judged."]
    aim = history.chapters[-1].version.aim
    if not any(each.reading.is_baseline for each in drawn):
        gone = "All of the baseline was retracted: nothing is judged until there is a new one."
        return [rule_in_words(aim), gone]
    return [rule_in_words(aim), *_standing(history, aim, _of_version_in_force(history, drawn))]


def rule_in_words(aim: Aim) -> str:
    """How a version's readings are judged, in a sentence for those who look at its chart."""
    row = f"{aim.required_consecutive} in a row" if aim.required_consecutive > 1 else "one"
    again = ", measured with the same version of the instrument," if aim.required_consecutive > 1 else ""
    if aim.direction == "maintain":
        return (
            f"Met when {row}{again} within {aim.tolerance} of the baseline; at risk when the last {IN_A_ROW},"
            f" or {AMONG} of the last {THE_LAST}, are not."
        )
    reach, side = ("at or above", "below") if aim.direction == "increase" else ("at or below", "above")
    return (
        f"Met when {row}{again} {reach} {aim.target}; at risk when the last {IN_A_ROW}, or {AMONG} of the last"
        f" {THE_LAST}, are {side} the aim line; stalled when, besides, none of the last {IN_A_ROW} is better than"
        f" the best before them."
    )


def trend_now(history: History, drawn: Sequence[Drawn]) -> Trend | None:
    """How an active goal is going; a version begins on track."""
    if history.status != "active":
        return None
    own = _of_version_in_force(history, drawn)
    return own[-1].trend if own else BEGINS


def _of_version_in_force(history: History, drawn: Sequence[Drawn]) -> list[Drawn]:
    number = history.chapters[-1].version.number
    return [each for each in drawn if each.counted and each.goal_version == number]


def _standing(history: History, aim: Aim, own: Sequence[Drawn]) -> Iterator[str]:
    match history.status:
        case "achieved":
            yield f"Achieved on {_latest(history, 'achieved').on}."
        case "target_met":
            met = _latest(history, "target_met")
            yield f"The target was met on {met.on}; an owner's word makes it an achievement."
        case "abandoned":
            yield f"Abandoned on {_latest(history, 'abandoned').on}."
        case _:
            yield _until_met(aim, own)
            if own:
                yield _against_the_line(aim, own)


def _until_met(aim: Aim, own: Sequence[Drawn]) -> str:
    """How many more it takes, from the measurements at target that lie at the end."""
    hits = list(takewhile(lambda each: each.at_target, reversed(own)))
    run = list(takewhile(lambda each: each.reading.instrument == hits[0].reading.instrument, hits))
    left = aim.required_consecutive - len(run)
    where = "within the tolerance" if aim.direction == "maintain" else "at target"
    if not run:
        many = "one measurement" if left == 1 else f"{left} measurements in a row"
        return f"It takes {many} {where}."
    more = "one more" if left == 1 else f"{left} more"
    return f"The last {_counted(len(run))} {where}: {more} in a row and the target is met."


def _against_the_line(aim: Aim, own: Sequence[Drawn]) -> str:
    """The last few against the line, as the rule counts them, and the trend that they make."""
    among = own[-THE_LAST:]
    wrong = sum(each.wrong_side for each in among)
    in_a_row = len(list(takewhile(lambda each: each.wrong_side, reversed(among))))
    side = {
        "increase": "below the aim line", "decrease": "above the aim line", "maintain": "outside the tolerance",
    }[aim.direction]  # fmt: skip
    trend = own[-1].trend or BEGINS
    judged = {"on_track": "on track", "at_risk": "at risk", "stalled": "stalled"}[trend]
    if not wrong:
        return f"None of the last {len(among)} {side}: {judged}."
    row = f", the last {in_a_row} in a row," if in_a_row > 1 else ""
    rule = f"at risk from {IN_A_ROW} in a row or {AMONG} of {THE_LAST}"
    return f"{wrong} of the last {len(among)}{row} {'is' if wrong == 1 else 'are'} {side} ({rule}): {judged}."


def _counted(n: int) -> str:
    return "one is" if n == 1 else f"{n} are"


def _latest(history: History, what: str) -> Milestone:
    return next(each for each in reversed(history.milestones) if each.what == what)
