"""What kind of mail it is: ours, a report, automatic, a list's, or a person's."""
