"""The things of the desk as the API and the feed show them: one Struct a noun, and its loading."""
