"""What a person wrote now, apart from the history, signature and disclaimers below it."""
