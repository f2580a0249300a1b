"""Four eyes: answers that one agent may not send alone.

`needing` says which those are (pure), `asking` lets one wait and another agent decide.
"""
