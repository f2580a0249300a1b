"""Imports discord.py, once and in one place."""

import warnings

with warnings.catch_warnings():
    # It imports audioop for voice, which this connector has none of; gone from Python 3.13 on.
    warnings.filterwarnings("ignore", r"'audioop' is deprecated", DeprecationWarning)
    import discord as discord
    import discord.gateway
    import discord.http

# Of voice, which is not used: each client would warn that libraries for it are missing.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False
