"""What would help a message that found no other way. Pure."""

from collections.abc import Collection, Mapping

from core.ladder import Bar

_LINK = "Ask them to write by another channel, and link it: by a code, or on your site."
_ADVICE: Mapping[str, str] = {
    Bar.DOES_NOT_FIT: "It does not fit there: send it shorter, or without its files.",
    Bar.WINDOW_OVER: "They must write by another channel first: this one takes no answer now.",
    Bar.ACCOUNT_PAUSED: "Another way is there, but its account is paused: let it run again.",
    Bar.NOT_IN_ORDER: "Another way is there, but operators do not let messages go on by it.",
    Bar.STOPPED: "They want nothing at the other address unless they write from it first.",
    Bar.CHANNEL_NOT_ALLOWED: "The case allows other channels only.",
    Bar.LEVEL_TOO_LOW: "Who reads elsewhere is not proven well enough: let them link it first.",
    Bar.OTHER_HOST_ACCOUNT: "What else is known of them belongs to another account of theirs.",
    Bar.SHARED: "Several people use the other address.",
    Bar.CLAIMED: "Nobody has proven that the other address is theirs: let them link it first.",
    Bar.UNREACHABLE: "None of their addresses takes anything now. " + _LINK,
    Bar.IN_PUBLIC: "Others read along where else they wrote. " + _LINK,
    "stale": "It is too old to be sent elsewhere by itself. Write again if it still counts.",
    "restricted": "Its case is restricted, so that an agent decides where it goes.",
    "said_again": "It was said again elsewhere before, because it stayed unread.",
    "partly_said": "Something of it arrived, or may have. Look at what did, and send the rest.",
    "no_other_way": "No other way to them is known. " + _LINK,
}


def advice_for(reasons: Collection[str]) -> str:
    """For the reason that is nearest to going well; empty without one."""
    return next((said for reason, said in _ADVICE.items() if reason in reasons), "")
