"""Partnerships, cycles and student-focused goals."""
