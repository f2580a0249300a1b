"""Real servers on loopback, started by the tests with their own configuration and ports."""
