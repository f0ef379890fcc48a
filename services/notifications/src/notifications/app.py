"""What notifications is made of."""

from backbone.queries import Queries
from backbone.releasing import releaser_of
from backbone.service import Service
from backbone.timers import Timers

from notifications import caseload, inbox, mail, milestone_counts, rehearsing, rule_list
from notifications.aggregates import AGGREGATES, CYCLE_WATCH
from notifications.mailing import mail_errand
from notifications.policies import POLICIES
from notifications.settings import mail_settings
from notifications.timers import TIMERS, reach

SERVICE = Service(
    name="notifications",
    reads=("directory", "goals", "observations"),
    aggregates=AGGREGATES,
    projections=(TIMERS, inbox.INBOX, mail.MAIL, mail.REVISIONS, milestone_counts.COUNTS),
    policies=POLICIES,
    timers=Timers(
        due=Queries("notifications", "sql/queries").due_timers, aggregate=CYCLE_WATCH.name, command=reach
    ),
    errands=lambda run: [
        mail_errand(run, mail_settings(run.settings.secrets_dir)),
        releaser_of(run, milestone_counts.FIGURES),
    ],
    routes=lambda run: [
        part.routes(run) for part in (inbox, caseload, milestone_counts, rule_list, rehearsing)
    ],
)
