"""The event language of Chalkline: pydantic models and nothing else. Outsiders may install it."""
