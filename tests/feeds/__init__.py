"""Feeds: reading other servers, over real HTTP."""
