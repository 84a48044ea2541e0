"""Markdown: what people mean by it is shown, and nothing of it ever runs."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import wire
from chat.errors import Invalid
from chat.messages import markdown
from chat.messages.effort import STEPS_EACH, STEPS_FREE, effort_for
from chat.messages.highlight import LANGUAGES, Code, colour
from chat.messages.inline_marks import Callees
from chat.messages.markdown import posts_worth, render_anywhere

ALLOWED_TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {"href", "title", "rel", "target", "start", "class", "data-user-id"}
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert&#40;1&#41;</script></svg>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;javascript:alert(1)'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&#x3A;alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](blob:https://example.org/1)",
    "[x](//evil.example 'a\" onmouseover=\"alert(1)')",
    '[x](http://a.example/"onmouseover="alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/seen.png)",
    '![x](x"onerror="alert(1))',
    '```"><script>alert(1)</script>\nx\n```',
    "```js onload=alert(1)\nx\n```",
    "``` <img src=x onerror=alert(1)>\nx\n```",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "# <img src=x onerror=alert(1)>",
    "> <script>alert(1)</script>",
    "- <svg onload=alert(1)>",
    "|a|\n|-|\n|<img src=x onerror=alert(1)>|",
    "**<b onmouseover=alert(1)>x</b>**",
    "https://a.example/<script>alert(1)</script>",
    'https://a.example/?q="onmouseover=alert(1)',
    "https://a.example/'onmouseover='alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
    "\\<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
    "<a/href='j&Tab;a&Tab;vascript:alert(1)'>x",
    "\u2028<script>alert(1)</script>",
    "<script\x0b>alert(1)</script>",
    "<img src=x:x onerror=alert&lpar;1&rpar;>",
]


class Reader(HTMLParser):
    """Collects the elements and attributes that a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


ANN = wire.Person(id="1ann", username="ann", display_name="Ann")
DOT = wire.Person(id="2dot", username="a.b", display_name="Dot")
CALLEES = Callees({"ann": ANN, "a.b": DOT}, frozenset({"here", "room"}))


def render(body: str) -> str:
    """Return the HTML of a body in which names mean somebody."""
    return markdown.render(body, CALLEES).html


def assert_harmless(html: str) -> None:
    """Only elements and attributes of the allow-list, and links that lead to places."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.tags <= ALLOWED_TAGS
    for tag, name, value in reader.attributes:
        assert name in ALLOWED_ATTRIBUTES, (tag, name)
        if name == "href":
            assert re.match(r"(https?|mailto):", value), value
        if name == "class":
            assert re.fullmatch(r"language-[A-Za-z0-9+-]+|hl-[a-z0-9]+|mention|spoiler", value), (
                value
            )
    for tag, _, _ in [one for one in reader.attributes if one[1] == "href"]:
        assert (tag, "rel", "noopener nofollow") in reader.attributes
        assert (tag, "target", "_blank") in reader.attributes


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_shown_and_never_runs(payload: str) -> None:
    """A known way to smuggle a script in comes out as text."""
    assert_harmless(render(payload))


@given(st.text(max_size=300))
def test_anything_typed_renders_to_harmless_html(body: str) -> None:
    """Whatever is typed, what comes out holds nothing but the allow-list."""
    assert_harmless(render(body))


@given(
    st.lists(
        st.sampled_from(
            [
                *"<>\"'`*_~[]()!#|-\\&;: \n",
                "script",
                "javascript:",
                "on",
                "http://a",
                "=",
                "![",
                "](",
                "```",
            ]
        ),
        max_size=60,
    ).map("".join)
)
def test_markup_in_any_combination_renders_to_harmless_html(body: str) -> None:
    """The same for strings made of what markup is made of."""
    assert_harmless(render(body))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("hello", "<p>hello</p>"),
        ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("你好，**世界**", "<p>你好，<strong>世界</strong></p>"),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        ("<b>", "<p>&lt;b&gt;</p>"),
        (
            "```plain\nx = 1\n```",
            '<pre><code class="language-plain">x = 1\n</code></pre>',
        ),
        (
            "[x](https://a.example)",
            '<p><a href="https://a.example" target="_blank" rel="noopener nofollow">x</a></p>',
        ),
    ],
)
def test_markdown_is_shown_as_meant(body: str, html: str) -> None:
    """The usual marks do what people expect of them."""
    assert render(body) == html


def test_bare_address_becomes_a_link_and_its_punctuation_does_not() -> None:
    """An address in running text can be clicked; the full stop after it is not part of it."""
    html = render("see https://a.example/x?y=1&z=(2), (https://b.example) and `https://c.example`.")

    assert 'href="https://a.example/x?y=1&amp;z=(2)"' in html
    assert 'href="https://b.example"' in html
    assert "<code>https://c.example</code>" in html
    assert html.count("<a ") == 2


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ("https://a.example.", "https://a.example"),
        ("https://a.example/x_y_z", "https://a.example/x_y_z"),
        ("看 https://a.example/天气，好", "https://a.example/%E5%A4%A9%E6%B0%94"),
        ("**https://a.example**", "https://a.example"),
        ("[https://a.example](https://b.example)", "https://b.example"),
        ("http://a.example:8080/?q=<b>", "http://a.example:8080/?q="),
        ("https://a.example/(x)", "https://a.example/(x)"),
    ],
)
def test_bare_address_ends_where_a_reader_would_end_it(body: str, address: str) -> None:
    """One link, to exactly the address that was meant."""
    html = render(body)

    assert html.count("<a ") == 1
    assert f'href="{address}"' in html


def test_long_body_is_rendered_away_from_the_loop() -> None:
    """Short messages are rendered in place, long ones are handed to the pool, with one result."""
    handed: list[object] = []

    def run_blocking(fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]  # any function
        handed.append(fn)
        return fn(*args, **kwargs)

    assert render_anywhere("short", run_blocking).html == "<p>short</p>"
    assert handed == []
    assert render_anywhere("long " * 200, run_blocking).html.startswith("<p>long")
    assert "<pre>" in render_anywhere("```py\nx\n```", run_blocking).html
    assert len(handed) == 4, "parsed, and when the colours are there, put together"


@pytest.mark.parametrize(
    "body", ["[" * 3000, "> " * 2000, "*a **" * 800, "(" * 4000, "![](" * 1000]
)
def test_nested_marks_end(body: str) -> None:
    """Thousands of open brackets, quotes and stars are rendered, not a way to stop the server."""
    assert render(body)


@pytest.mark.parametrize("body", ["[" * 3000, "[a][" * 900, "![" * 200 + "x"])
def test_brackets_that_nobody_can_mean_are_refused(body: str) -> None:
    """More than a hundred open brackets are a clear error, found without parsing them."""
    with pytest.raises(Invalid) as refusal:
        render_anywhere(body, lambda fn, /, *args, **kwargs: fn(*args, **kwargs))
    assert refusal.value.field == "body"


def test_many_brackets_that_are_closed_are_fine() -> None:
    """A long list of arrays or of log lines is no attack."""
    body = "[x] " * 900
    rendered = render_anywhere(body, lambda fn, /, *args, **kwargs: fn(*args, **kwargs))
    assert rendered.html.count("[x]") == 900


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("||secret||", '<p><span class="spoiler">secret</span></p>'),
        ("a ||b **c**|| d", '<p>a <span class="spoiler">b <strong>c</strong></span> d</p>'),
        ("**||b||**", '<p><strong><span class="spoiler">b</span></strong></p>'),
        ("a || b", "<p>a || b</p>"),
        ("||||", "<p>||||</p>"),
        ("`||a||`", "<p><code>||a||</code></p>"),
        ("||a **b|| c**", "<p>||a <strong>b|| c</strong></p>"),
    ],
)
def test_spoiler_hides_what_it_encloses(body: str, html: str) -> None:
    """Two marks in one element make a spoiler; in code, alone or across marks they are text."""
    assert render(body) == html


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("@ann", "ann"),
        ("hi @Ann, see", "ann"),
        ("(@ann)", "ann"),
        ("@a.b.", "a.b"),
        ("**@ann**", "ann"),
        ("> @ann", "ann"),
        ("你好@ann", "ann"),
        ("@ann你好", "ann"),
        ("é@ann", None),
        ("@anné", None),
        ("@ann。", "ann"),
        ("bob@ann", None),
        ("@annabel", None),
        ("`@ann`", None),
        ("```\n@ann\n```", None),
        ("https://a.example/@ann", None),
        ("[@ann](https://a.example)", None),
        ("@nobody", None),
    ],
)
def test_mention_is_of_a_member_and_in_running_text(body: str, shown: str | None) -> None:
    """A known name is a span with the member's id; in code, addresses and words it is text."""
    rendered = markdown.render(body, CALLEES)
    mentions = re.findall(
        r'<span class="mention" data-user-id="(\w+)">@([^<]+)</span>', rendered.html
    )
    wanted = {"ann": ("1ann", "ann"), "a.b": ("2dot", "a.b")}
    assert mentions == ([wanted[shown]] if shown else [])
    assert rendered.user_ids == tuple(user_id for user_id, _ in mentions)


def test_words_for_many_are_mentions_when_they_may_be() -> None:
    """@here and @room say so; where they call nobody they are text."""
    rendered = markdown.render("@here and @room", CALLEES)
    assert rendered.words == {"here", "room"}
    assert '<span class="mention" data-mention="here">@here</span>' in rendered.html
    assert markdown.render("@here").html == "<p>@here</p>"


def test_code_is_coloured_by_classes_alone() -> None:
    """A known language gets spans with classes, an unknown one stays plain; all is escaped."""
    html = render('```python\ndef f(): return "<b>"\n```')
    assert '<span class="hl-k">def</span>' in html
    assert "&lt;b&gt;" in html
    assert "style=" not in html
    assert "<span" not in render("```klingon\ndef f()\n```")
    assert render("```js\nlet a\n```").count("hl-") > 0


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_can_be_coloured(language: str) -> None:
    """Each language of the list has its colours."""
    assert "hl-" in render(f"```{language}\na = 1 + \"b\" # c\n+<a href='b'>\n```")


PROGRAM = """
import sys
from pygments.lexer import RegexLexer
from chat.messages.highlight import Code, _colour, load_lexers

def known(of=RegexLexer):
    yield from ([of] if "_tokens" in vars(of) else [])
    for kind in of.__subclasses__():
        yield from known(kind)

code = Code(sys.stdin.read(), sys.argv[1])
load_lexers([code])
before = {*known(), *sys.modules}
_colour([code])
assert "hl-" in code.html
print({*known(), *sys.modules} - before)
"""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("console", "$ ls -l\n# ls\n"),
        ("docker", 'RUN ls && a\nCMD ["a"]\nHEALTHCHECK --interval=5m CMD a\n'),
        ("html", "<style>a{}</style><p style='a:b' onclick='a()'><script>let a;</script>\n"),
        ("make", "a: b\n\tls -l\n"),
        ("swift", "let a: NSString = 1\n"),
    ],
)
def test_all_that_a_lexer_needs_is_there_before_its_time_counts(language: str, text: str) -> None:
    """A slow machine would cut off what makes it, each time anew, and never have colours."""
    late = subprocess.run(
        [sys.executable, "-c", PROGRAM, language],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert late.stdout == "set()\n"


@pytest.mark.parametrize("hostile", ["a" + " " * 3900, "a" + "\n" * 3900])
def test_code_on_which_a_lexer_does_not_end_stays_plain(hostile: str) -> None:
    """One regular expression that takes more than a second is cut off; the code stands plain."""
    pieces = [Code("int a;", "c"), Code(hostile, "c"), Code("int b;", "c")]
    colour(pieces)
    assert "hl-" in pieces[0].html
    assert [piece.html for piece in pieces[1:]] == ["", ""]
    assert "hl-" not in render(f"```c\n{hostile}\n```")


def test_code_is_coloured_where_it_can_be_cut_off_alone() -> None:
    """In a thread nothing could stop a lexer: code that is rendered in one has no colours."""
    with ThreadPoolExecutor(1) as pool:
        html = pool.submit(render, "```c\nint a;\n```").result()
    assert html == '<pre><code class="language-c">int a;\n</code></pre>'


@pytest.mark.parametrize(
    "body",
    [
        "> " * 50 + "a\n" * 1900,
        ">" * 99 + "a\n" * 1900,
        ">" * 99 + "a\n" * 200,
        ("[" * 99 + "]" * 99) * 20,
        "|a" * 200 + "\n" + "|-" * 200 + "\n" + "a\n" * 1500,
        "|a" * 500 + "\n" + "|-" * 500 + "\n" + "|\n" * 900,
    ],
)
def test_text_that_asks_too_much_of_the_parser_is_shown_as_typed(body: str) -> None:
    """Quotes that a thousand lines continue, brackets in brackets, tables of 100 000 cells."""
    shown = render(body + "<&@ann")
    assert shown.startswith("<p>")
    assert re.sub(r"<br>|</?p>", "", shown) == f"{body}<&@ann".replace("&", "&amp;").replace(
        ">", "&gt;"
    ).replace("<", "&lt;")
    assert markdown.render(body + "@ann", CALLEES).user_ids == ()


@pytest.mark.parametrize(
    "piece",
    [
        "a\n",
        "- a\n",
        "> a\n",
        "*_",
        "[a](b) ",
        "<a",
        "|a|b|\n|-|-|\n|c|d|\n\n",
        "`a ",
        "&",
        "1. a\n",
    ],
)
def test_text_that_is_only_long_is_parsed(piece: str) -> None:
    """Four thousand characters of any mark are within what a text of that length may ask."""
    body = (piece * 4000)[:4000]
    effort = effort_for(body)
    markdown._markdown.parse(body, {**effort, "called": None})
    assert 0 <= effort["effort"].steps < STEPS_FREE + STEPS_EACH * 4000


def test_long_text_and_code_cost_more_of_what_one_may_post() -> None:
    """A short line is one post; the longest with code as many as it takes to render."""
    assert posts_worth("hello") == 1
    assert posts_worth("x" * 4000) == 9
    assert posts_worth("```\n" + "x" * 3992 + "\n```") == 14


@given(st.from_regex(markdown._PLAIN, fullmatch=True))
def test_plain_line_is_what_the_parser_makes_of_it(body: str) -> None:
    """A line that is not parsed comes out as if it had been."""
    assert markdown.render(body) == markdown.parsed(body)


@pytest.mark.parametrize("mark", [*'_*`~#>|[]<&"\\@/\n\t\xa0\u3000', "  "])
def test_line_with_a_mark_is_parsed(mark: str) -> None:
    """Whatever may mean something to Markdown, HTML or us is never taken for a plain line."""
    for body in (f"a{mark}b", f"{mark}a", f"a{mark}"):
        assert not markdown._PLAIN.fullmatch(body)


@pytest.mark.parametrize("body", ["1. a", "- a", "a\n-", "-", "=", "+ a", " a", "a "])
def test_line_that_begins_or_ends_unlike_words_is_parsed(body: str) -> None:
    """Lists, rules and spaces at the ends are Markdown's to judge."""
    assert not markdown._PLAIN.fullmatch(body)
