"""What the operator's own site (the host) says of its accounts."""
