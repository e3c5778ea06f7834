"""Makes a site whose headlines and leads readers get wrong: python benchmarks/readers/site.py FOLDER [URL]

Twenty of tests/whole/shapes.py, in six languages, with one left-to-right article among them.
"""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.whole.shapes import LINES, words

CHOSEN = {
    "ar": "iPhone «CNN» #Apple @user_1 C++ .NET +966 https://example.org/ 🔥 رويترز 10 24/7 GPT-6".split(),
    "fa": ["Google"],
    "he": ["IBM", "BBC"],
    "ur": ["PSL"],
    "ckb": ["Facebook"],
    "en": ["Rain"],
}
MORE = {
    "ar": "تفاصيل الخبر: اتصل على +966 50 123 4567 أو راسلنا (news@example.org). كُتب المثال بلغة C++ و#tag!",
    "fa": "متن خبر: با +98 21 1234 5678 تماس بگیرید. این مثال با C++ نوشته شده است!",
    "he": "עוד בעניין: חייגו +972 3 123 4567. הדוגמה נכתבה ב־C++!",
    "ur": "تفصیل: +92 21 1234 5678 پر فون کریں۔ یہ مثال C++ میں ہے!",
    "ckb": "وردەکاری: پەیوەندی بکە بە +964 750 123 4567. نموونەکە بە C++ نووسراوە!",
    "en": "More: call +44 20 1234 5678. The example is written in C++!",
}


def main(folder: Path, url: str) -> None:
    """Write the site; *url* is where readers will find it."""
    subprocess.run([sys.executable, "-m", "publisher", "init", str(folder)], check=True)
    (folder / "articles" / "welcome.md").unlink()
    config = folder / "config.toml"
    text = config.read_text("utf-8").replace("http://127.0.0.1:8080", url).replace("موقعي", "جريدة المثال")
    config.write_text(text, "utf-8")
    number = 0
    for language, starts in CHOSEN.items():
        lines = LINES[language].strip().split("\n")
        for start in starts:
            number += 1
            line = next(
                words(each) for each in lines if words(each).startswith(start) or start in words(each)
            )
            title = json.dumps(line, ensure_ascii=False)
            head = f"---\ntitle: {title}\nlanguage: {language}\nslug: n{number}\ndate: 2026-01-{number:02}\n---\n"
            body = f"<p>{line.replace('<', '&lt;')} …</p>\n\n{MORE[language]}\n"
            (folder / "articles" / f"{number:02}.md").write_text(head + body, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080")
