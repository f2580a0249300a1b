"""Rules: when something happens or is due, if conditions hold, then actions. And macros."""
