"""What a message is about, found offline: topics, incidents, moods and languages."""
