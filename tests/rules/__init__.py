"""The rules of this project that no linter knows. Each has a good and a bad sample."""
