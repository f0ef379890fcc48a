"""Milestones of a cycle, and the inbox that tells people."""
