"""The bars of the pages, U1 to U21: one small file each, one number beside its limit each."""
