"""The inbox, the widget and the help centre in a real browser."""
