"""A small, correct connector with every ability, against which the conformance kit is proven."""
