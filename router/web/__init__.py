"""The HTTP side: the API of the inbox and of ops, the pages, the sockets."""
