"""What an agent, a person or ops does: one use case, one transaction."""
