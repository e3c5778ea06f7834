#!/bin/sh
# What six feed readers make of our feeds: loads the site of site.py from loopback, takes a picture of each reader
# and keeps what it asked for. By hand, on a Debian that may install packages; README.md says how to read it.
#
#   sh benchmarks/readers/readers.sh FOLDER [newsboat|liferea|akregator|rssguard|thunderbird]
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-$here/.venv/bin/python}
url=http://127.0.0.1:8181
export PYTHONPATH="$here" HOME="$out/home" DISPLAY=:77 LC_ALL=C.UTF-8 XDG_RUNTIME_DIR="$out/run"
export QTWEBENGINE_DISABLE_SANDBOX=1 QTWEBENGINE_CHROMIUM_FLAGS="--no-sandbox --disable-gpu"
mkdir -p "$HOME" "$out/run" && chmod 700 "$out/run"
mine=""
trap 'kill $mine 2>/dev/null || true' EXIT

# The site, its daemon, and what shows every request and answer: there is no access log.
if [ ! -d "$out/site" ]; then
    "$python" "$here/benchmarks/readers/site.py" "$out/site" "$url"
    sed -i 's/^listen = .*/listen = "127.0.0.1:8180"/' "$out/site/config.toml"
    "$python" -m publisher -C "$out/site" publish
fi
"$python" -m publisher -C "$out/site" run 2>"$out/daemon.log" & mine="$mine $!"
socat -v TCP-LISTEN:8181,fork,reuseaddr,bind=127.0.0.1 TCP:127.0.0.1:8180 2>"$out/http.log" & mine="$mine $!"
Xvfb :77 -screen 0 1100x800x24 2>/dev/null & mine="$mine $!"
sleep 3
openbox 2>/dev/null & mine="$mine $!"

shot() { import -window root "$out/$1.png"; }
show() { # a command: runs it until the next one
    dbus-run-session -- "$@" >"$out/$1.log" 2>&1 &
    reader=$!
    mine="$mine $reader"
    sleep "${WAIT:-12}"
}

case ${2:-all} in all | newsboat)
    mkdir -p "$HOME/.newsboat"
    echo "$url/atom.xml" >"$HOME/.newsboat/urls"
    newsboat -x reload
    show xfce4-terminal --disable-server --geometry=110x34 -x newsboat
    xdotool key r && sleep 3 && xdotool key r && sleep 3 # in the log: A-IM, 304, or 226 where something is new
    xdotool key Return && sleep 1 && shot newsboat-list
    xdotool key Down Down Down Down Return && sleep 1 && shot newsboat-article
    kill $reader
    ;;
esac
case ${2:-all} in all | liferea)
    mkdir -p "$HOME/.config/liferea"
    cat >"$HOME/.config/liferea/feedlist.opml" <<END
<opml version="1.0"><head><title>x</title></head><body>
<outline title="Atom" text="Atom" type="atom" xmlUrl="$url/atom.xml" updateInterval="-1"/></body></opml>
END
    show liferea
    shot liferea # click a headline by hand, or: xdotool mousemove X Y click 1
    kill $reader
    ;;
esac
case ${2:-all} in all | akregator)
    mkdir -p "$HOME/.local/share/akregator/data"
    rm -f "$HOME/.local/share/akregator/crashed"
    cat >"$HOME/.local/share/akregator/data/feeds.opml" <<END
<opml version="1.0"><head><text/></head><body>
<outline id="101" text="Atom" xmlUrl="$url/atom.xml" type="rss" fetchInterval="-1"/></body></opml>
END
    show akregator
    shot akregator
    kill $reader
    ;;
esac
case ${2:-all} in all | rssguard)
    # The first start asks which account to add: "RSS/RDF/ATOM/JSON". Its feeds are rows of its database.
    show rssguard
    xdotool key Return && sleep 2 && xdotool key Return && sleep 2
    kill $reader && sleep 1
    sqlite3 "$HOME/.config/RSS Guard 4/database/database.db" "insert into Feeds(id, title, category, source,
        update_type, update_interval, account_id, custom_id, custom_data) select 1, 'Atom', -1, '$url/atom.xml', 0,
        100, id, '1', '{\"encoding\":\"UTF-8\",\"type\":\"3\",\"source_type\":\"0\"}' from Accounts"
    show rssguard
    xdotool key ctrl+u && sleep 4 && shot rssguard
    kill $reader
    ;;
esac
case ${2:-all} in all | thunderbird)
    profile=$out/thunderbird
    mkdir -p "$profile/Mail/Feeds"
    cat >"$profile/user.js" <<'END'
user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "rss");
user_pref("mail.server.server1.name", "Feeds");
user_pref("mail.server.server1.hostname", "Feeds");
user_pref("mail.server.server1.userName", "nobody");
user_pref("mail.server.server1.directory-rel", "[ProfD]Mail/Feeds");
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.accounthub.enabled", false);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("datareporting.policy.bypassNotification", true);
user_pref("rss.show.summary", 1);
END
    cat >"$profile/Mail/Feeds/feeds.json" <<END
[{"url": "$url/atom.xml", "title": "Atom", "destFolder": "mailbox://nobody@Feeds/Atom", "lastModified": "",
"options": {"version": 2, "updates": {"enabled": true, "updateMinutes": 100, "updateUnits": "min"},
"category": {"enabled": false, "prefixEnabled": false, "prefix": null}}}]
END
    echo '[]' >"$profile/Mail/Feeds/feeditems.json"
    : >"$profile/Mail/Feeds/Atom"
    WAIT=25 show thunderbird --profile "$profile"
    xdotool mousemove 59 140 click 1 && sleep 2 && xdotool mousemove 130 197 click 1 && sleep 2
    xdotool mousemove 69 97 click 1 && sleep 6 && shot thunderbird
    kill $reader
    ;;
esac
grep -aE "^(GET /(atom|rss)|HTTP/|If-|A-IM|User-Agent)" "$out/http.log" | sed 's/\\r$//' >"$out/requests.txt"
echo "Pictures: $out/*.png; what was asked for: $out/requests.txt"
