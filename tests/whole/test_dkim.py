"""A real site that signs its letters, and whose key is not always there (H8)."""

import json

from tests.mail.signing import ed25519_pem, judged, rsa_pem

TABLE = """
[mail.dkim]
selector = "r"
key_file = "r.pem"
ed25519_selector = "e"
ed25519_key_file = "e.pem"

[[newsletters]]"""


def test_a_key_that_is_away_keeps_letters_waiting_and_nothing_else(site, story, daemon):  # H8 X4
    site.article("a.txt", story)
    config = site.folder / "config.toml"
    text = config.read_text("utf-8").replace("[[newsletters]]", TABLE).replace("daily 07:00", "instant")
    config.write_text(text, "utf-8")
    for name, pem in (("away.pem", rsa_pem()), ("e.pem", ed25519_pem())):
        (site.folder / name).write_bytes(pem)
        (site.folder / name).chmod(0o600)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.net", "--confirmed")

    with daemon() as running:
        running.until(lambda: "r.pem" in running.said())  # nothing is due yet
        assert 0 == running.stop()
    with daemon() as running:

        def problems():
            return json.loads(running.get("/healthz")[2])["problems"]

        site.article("b.txt", "خبر ثانٍ في اليوم نفسه\nجرى اليوم خبر ثانٍ.\n")
        running.until(lambda: "خبر ثانٍ" in running.get("/atom.xml")[2].decode())
        running.until(lambda: any("r.pem" in problem for problem in problems()))
        assert [] == site.letters()

        (site.folder / "away.pem").rename(site.folder / "r.pem")
        running.until(site.letters)
        running.until(lambda: [] == problems())
        assert 0 == running.stop()
    assert [[True, True]] == [judged(path.read_bytes()) for path in site.letters()]
