"""The CSS of feeds opened in a browser."""

from publisher.feeds import style


def test_the_css_follows_the_direction_and_explains_itself() -> None:  # F21
    css = style.css().decode()

    assert "[its|dir=rtl]" in css
    assert ":lang(ar)" in css
    assert 'rss:lang(ckb)::before, feed:lang(ckb)::before { content: "ئەمە فیدێکە.' in css
    assert css.count("{") == css.count("}")


def test_the_css_names_no_third_party() -> None:  # F21
    without_names = style.css().decode().replace("http://www.w3.org/2005/11/its", "")

    assert "http" not in without_names
    assert "url(" not in without_names
