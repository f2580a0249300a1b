"""Who works when: the rota, its calendars, and what the end of a shift does to cases."""
