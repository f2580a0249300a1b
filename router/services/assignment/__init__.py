"""Who gets which waiting case: entering the queue, giving out, offers, availability, and why."""
