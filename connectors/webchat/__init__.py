"""Web chat: a widget on the operator's own pages. The router itself is the network."""
