"""Demonstration content: half a year around a fictional product, played through the program's own acts.

`content/` holds the people and what they write and do, as text; the modules beside it
read that script and act it out, each line at its own moment, so that counters, ledger,
audit log, notifications and tickets are what they would be had it all happened.
"""
