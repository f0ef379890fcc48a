"""Observations and the instruments they are made with."""
