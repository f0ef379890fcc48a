"""An address that mail can be sent to: one mailbox, as nearly every server takes it, in ASCII.

Stricter than the standard on purpose: what is refused here would be a quoted local part, a comment, a host
without a domain, or two addresses in one.
"""

import re
from typing import Annotated

from backbone.words import PrivateText, Words
from pydantic import AfterValidator

LONGEST = 254
_MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


def is_address(text: str) -> bool:
    """Whether mail can be sent there, as far as an address tells."""
    local, _, _ = text.partition("@")
    return len(text) <= LONGEST and len(local) <= 64 and _MAILBOX.fullmatch(text) is not None


def _address(words: PrivateText) -> PrivateText:
    if not is_address(words.text):
        raise ValueError("must be one e-mail address, such as tina@example.org")
    return words


Address = Annotated[Words, AfterValidator(_address)]
