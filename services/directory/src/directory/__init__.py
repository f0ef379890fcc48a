"""Districts, people, schools and roles: who there is, and who may be whose coach."""
