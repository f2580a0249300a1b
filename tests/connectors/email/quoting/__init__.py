"""How mail programs mark history, client by client and language by language."""
