import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import markdown, mdx, shortcodes
from tests.patience import took


def shown(text: str, *, is_mdx: bool = False) -> str:
    return markdown.html(text, is_mdx=is_mdx)[0].strip()


@pytest.mark.parametrize(
    "text, expected",
    [
        ('{{< figure src="a b.jpg" alt="ن" caption="شرح <1>" >}}\nنص **م**',
         '<figure><img src="a b.jpg" alt="ن"><figcaption>شرح &lt;1&gt;</figcaption></figure>\n'
         "<p>نص <strong>م</strong></p>"),
        ("{{< youtube dQw4 >}}",
         '<p><a href="https://www.youtube.com/watch?v=dQw4">https://www.youtube.com/watch?v=dQw4</a></p>'),
        ('قبل {{< youtube id="x" title="عنوان" >}}', '<p>قبل <a href="https://www.youtube.com/watch?v=x">عنوان</a></p>'),
        ('[نص]({{< relref "post.md" >}})', '<p><a href="post.md">نص</a></p>'),
        ("[نص]({% post_url 2014-01-01-x %})", '<p><a href="2014-01-01-x.md">نص</a></p>'),
        ("[نص]({{ site.baseurl }}/a)", '<p><a href="/a">نص</a></p>'),
        ('{{ image(src="a.jpg", alt="x") }}', '<figure><img src="a.jpg" alt="x"></figure>'),
        ('{% include p.html src="a.png" caption="شرح" %}',
         '<figure><img src="a.png" alt="شرح"><figcaption>شرح</figcaption></figure>'),
        ('{% quote(author="زيد") %}\nنص **م**\n{% end %}',
         "<blockquote>\n<p>نص <strong>م</strong></p>\n<p>— زيد</p></blockquote>"),
        ("{% raw %}{{ x }}{% endraw %} ثم", "<p>{{ x }} ثم</p>"),
        ("{% highlight js %}\nif (a<b)\n\n**x**\n{% endhighlight %}", "<pre><code>if (a&lt;b)\n\n**x**</code></pre>"),
        ("![](a.png){: .center}\n{: .wide #x}", '<p><img src="a.png" alt="" /></p>'),
        ("## عنوان {#مرساة}", '<h2>عنوان <span id="مرساة"></span></h2>'),
        ('{{</* figure src="x" */>}}', '<p>{{&lt; figure src="x" &gt;}}</p>'),
        ("{{< rtl >}}\nنص\n{{< /rtl >}}", '<div dir="rtl">\n<p>نص</p>\n</div>'),
    ],
)  # fmt: skip
def test_known_shortcode_becomes_html(text: str, expected: str) -> None:  # A12
    assert expected == shown(text)


@pytest.mark.parametrize("text", ["نص\n\n{{< odd a=1 >}}", "نص\n\n{% odd a %}", "نص\n\n{{ odd(a=1) }}"])
def test_unknown_shortcode_goes_with_a_warning_that_names_the_line(text: str) -> None:  # A12
    markup, warnings = markdown.html(text, 5)

    assert "<p>نص</p>" == markup.strip()
    assert [("the shortcode odd is unknown; dropped", 7)] == [(found.what, found.line) for found in warnings]


def test_words_inside_an_unknown_shortcode_stay() -> None:  # A12
    assert "<p>قبل نص <em>م</em> بعد</p>" == shown("قبل {{% odd %}}نص *م*{{% /odd %}} بعد")


@pytest.mark.parametrize(
    "text",
    ["`{{< figure src=a >}}`", "```\n{{< youtube x >}}\n{% raw %}\n```", "    {{% odd %}}",
     "اكتب {{ name }} و {{ f(x) }}",
     "# قالب {{ name }}", "نكتب {% if x %} ثم {% endif %} هنا", "{{ 7*7 }} {% raw %} ${x}", "{{ page.title }}",
     "نص {: .c}", "{{ a | b }}", "{"],
)  # fmt: skip
def test_code_and_articles_about_templates_stay(text: str) -> None:  # A12
    assert (text, []) == shortcodes.replaced(text, 1)


MDX = """import A from './a'
import {
  B,
} from "b";

# عنوان {/*id*/}

نص <Tooltip tip="س > ص">كلمة</Tooltip> بعد{' '}ذلك، أ < ب > ج {name}

<div style={{ color: "red" }} dir="rtl">
وسط
</div>

<Tabs>
    <Tab onClick={() => x > 1}>

        داخل

        ```js
        <A b={c}/>
        ```
    </Tab>
</Tabs>

export const x = {

  a: 1
}

<Image src="a.jpg" alt="ش" /> `<A b={c}>`
"""


def test_mdx_keeps_the_words_and_drops_the_program() -> None:  # A12
    markup, warnings = markdown.html(MDX, is_mdx=True)

    assert markup.startswith(
        '<h1>عنوان</h1>\n<p>نص كلمة بعد ذلك، أ &lt; ب &gt; ج {name}</p>\n<div dir="rtl">\nوسط'
    )
    assert '<p>داخل</p>\n<pre><code class="language-js">&lt;A b={c}/&gt;\n</code></pre>' in markup
    assert '<figure><img src="a.jpg" alt="ش"></figure>' in markup
    assert "<code>&lt;A b={c}&gt;</code>" in markup
    assert not any(gone in markup for gone in ("import", "export", "a: 1", "style", "onClick", "Tooltip"))
    assert ["<Tooltip>, <Tabs>, <Tab>"] == [found.what.rpartition(": ")[2] for found in warnings]
    assert [8] == [found.line for found in warnings]


def test_markdown_file_with_components_and_comments_is_read_as_mdx() -> None:  # A12
    assert "<h2>عنوان</h2>\n<p>نص</p>" == shown("<Intro>\n\n## عنوان {/*id*/}\n\nنص\n\n</Intro>")
    assert not mdx.is_mdx("كتب import ثم <b>نص</b>")


HOSTILE = {
    "hugo": "{{<" * 60_000, "blanks": "{{<" + " " * 190_000, "liquid": "{% a " * 40_000, "calls": "{{ a(" * 40_000,
    "lists": "){: " + ".a=b" * 40_000 + "}", "tags": '<A "' * 45_000, "braces": "<A b={" * 33_000,
    "exports": "export const {\n\n" * 11_000, "imports": "import a\n" * 22_000, "comments": "{/*" * 60_000,
    "ticks": "".join("`" * (n % 300) + " " for n in range(1_200)), "emphasis": "**ا،**غ\n" * 24_000,
    "addresses": "https://a)" + ")" * 190_000, "numbers": "١. x\n" * 40_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("is_mdx", [True, False])
def test_hostile_markup_takes_no_longer_than_two_seconds(name: str, is_mdx: bool) -> None:  # X14
    assert took(lambda: markdown.html(HOSTILE[name], is_mdx=is_mdx), 2) < 2


PIECES = st.sampled_from(["{{< figure src=a >}}", "{{% x %}}", "{{% /x %}}", "{% raw %}", "{% endraw %}", "{% end %}",
                          "{% q(a=1) %}", "{{ a }}", "{: .a}", "`", "```\n", "\n", "    ", "<A b={", "}", ">", "</A>",
                          "import a from 'b'\n", "export const a = {", "{/*", "*/}", "خبر", "\"", "{#a}",
                          "# "])  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join), st.booleans())
def test_any_mixture_is_read(text: str, is_mdx: bool) -> None:  # X14
    markup, warnings = markdown.html(text, is_mdx=is_mdx)

    assert "\0" not in markup
    assert all(found.what and found.line for found in warnings)
