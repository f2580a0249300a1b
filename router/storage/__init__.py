"""All SQL of the router, one module per table family. Nothing outside speaks SQL."""
