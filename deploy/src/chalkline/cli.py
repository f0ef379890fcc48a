"""The `chalkline` command: which commands there are, by which name. What each does is in `commands`."""

import importlib.util
import sys

from cyclopts import App, Group

from chalkline import show
from chalkline.commands import district, look, mend, run
from chalkline.problem import Problem

RUN, LOOK, MEND = Group.create_ordered("Run"), Group.create_ordered("Look"), Group.create_ordered("Mend")
ELSEWHERE = Group.create_ordered("Elsewhere")

app = App(
    name="chalkline",
    help="Chalkline on this machine: run the platform, look into it, operate it.",
    version="0.1.0",
    result_action="return_value",
    console=show.out,
    error_console=show.err,
)
clock_app = App(name="clock", help="The clock of a sandbox district.", group=LOOK)
parked_app = App(
    name="parked", help="Events that could not be handled, and what queues behind them.", group=MEND
)
mail_app = App(name="mail", help="The mails that were caught on this machine.", group=LOOK)
roster_app = App(
    name="roster", help="A district's organisations and staff, from its OneRoster files.", group=RUN
)
for part in (clock_app, mail_app, roster_app, parked_app):
    app.command(part)

app.command(run.up, group=RUN)
app.command(run.scale_, name="scale", group=RUN)
app.command(run.serve, group=RUN)
app.command(run.down, group=RUN)
app.command(run.reset, group=RUN)

app.command(look.status, group=LOOK)
app.command(look.doctor_, name="doctor", group=LOOK)
app.command(look.token, group=LOOK)
app.command(look.listen, group=LOOK)
app.command(look.why_, name="why", group=LOOK)
app.command(look.audit, group=LOOK)
app.command(district.export, group=LOOK)
app.command(district.rehearse_, name="rehearse", group=LOOK)

app.command(mend.verify, group=MEND)
app.command(mend.rebuild, group=MEND)
app.command(mend.recover, group=MEND)
app.command(mend.erase, group=MEND)
app.command(mend.close_district, name="close-district", group=MEND)
app.command(run.provision, group=ELSEWHERE)

clock_app.command(district.advance)
roster_app.command(district.roster_import, name="import")
roster_app.command(district.roster_example, name="example")
mail_app.command(look.mail_list, name="list")
mail_app.command(look.mail_show, name="show")
parked_app.command(mend.parked_list, name="list")
parked_app.command(mend.parked_retry, name="retry")

# Written beside this module and loaded only when it is called for: a demo needs what nothing else does.
if importlib.util.find_spec("chalkline.demo"):
    app.command(
        "chalkline.demo:demo",
        name="demo",
        group=RUN,
        help="Play coaching and check it to the last row: six weeks of a pair, or a district's year.",
    )


def main() -> None:
    """The command's entry point: 0 done, 1 not done, 2 misunderstood."""
    try:
        sys.exit(app())
    except Problem as raised:
        show.problem(raised)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
