"""Who is one person with whom, and how sure we are: what agents, the host and evidence decide.

`merging` joins persons by an edge and takes it back; `linking` links identities to a host account,
`withdrawing` takes that back.
"""
