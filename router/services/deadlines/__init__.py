"""What is owed by when: the plan, the deadlines that follow from it, and what is said of them."""
