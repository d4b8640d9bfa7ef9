"""Staffed hours: when staff are there, and what is counted in them."""

from support.hours.clock import Hours, after_staffed, business_days_before, hours_of, staffed_hours_between

__all__ = ["Hours", "after_staffed", "business_days_before", "hours_of", "staffed_hours_between"]
