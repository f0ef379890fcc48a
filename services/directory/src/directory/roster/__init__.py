"""The district's roster: read from OneRoster files, compared with who is here, and followed."""
