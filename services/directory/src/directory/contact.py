"""How a person is reached: answered to notifications at the moment of use, from the words that are there now."""

from backbone.questions import Answers
from backbone.service import Running
from chalkline_contracts.questions import ASK_CONTACT, Contact, ContactAsked, ContactTold

from directory import district, person
from directory.address import is_address
from directory.refusals import PersonNotActive, PersonUnknown


async def contact(run: Running, asked: ContactAsked) -> ContactTold:
    """Name and address of an active person of an open district. Raises PersonUnknown or PersonNotActive."""
    state = await run.commands.state(asked.tenant, "Person", asked.person_id)
    if isinstance(state, person.Unset | person.Erased):
        raise PersonUnknown
    of = await run.commands.state(asked.tenant, "District", asked.tenant)
    if not isinstance(state, person.Active) or not isinstance(of, district.Open):
        raise PersonNotActive
    words = await run.ledger.words(asked.tenant, asked.person_id)
    name = words.get(state.name_ref.ref)
    if name is None:  # erased meanwhile
        raise PersonUnknown
    email = words.get(state.email_ref.ref) if state.email_ref else None
    if email is not None and not is_address(email):  # a roster may say anything
        email = None
    return ContactTold(contact=Contact(person_id=asked.person_id, name=name, email=email))


CONTACT = Answers(subject=ASK_CONTACT, question=ContactAsked, answer=contact)
