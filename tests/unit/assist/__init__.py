"""What the offline classifier finds."""
