"""Lists of values, for firewalls and older tools."""
