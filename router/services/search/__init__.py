"""Search: one language for search, views and bulk work, its names, its answers, its entries."""
