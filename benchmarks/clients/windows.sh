#!/bin/sh
# Evolution and Claws Mail with the letters of letters.py, without a screen: takes a picture of the list and of each
# letter, as HTML and as plain text, into FOLDER/pictures. It looks for nothing itself: look at the pictures.
#
#   sh benchmarks/clients/windows.sh FOLDER [evolution|claws]
set -eu
out=$(cd "$1" && pwd)
export DISPLAY=:78 LC_ALL=C.UTF-8 XDG_RUNTIME_DIR="$out/run" NO_AT_BRIDGE=1 WEBKIT_DISABLE_COMPOSITING_MODE=1
mkdir -p "$out/run" "$out/pictures" && chmod 700 "$out/run"
mine=""
trap 'for each in $mine; do kill -- -"$each" 2>/dev/null || true; done' EXIT
trap 'exit 1' INT TERM
start() { # a command: runs it in the background, in a process group of its own
    setsid "$@" >>"$out/windows.log" 2>&1 &
    mine="$mine $!"
}
stop() { # the last started
    last=${mine##* }
    mine=${mine% *}
    kill -- -"$last" 2>/dev/null || true
    sleep 2
}
shot() { import -window root "$out/pictures/$1.png"; }
whole() { wmctrl -r :ACTIVE: -b add,maximized_vert,maximized_horz && sleep 2; }
click() { xdotool mousemove "$1" "$2" click 1 && sleep "${3:-1}"; }
letters() { # a name, a command that opens what is chosen: a picture of each letter, from the first of the list
    xdotool key Home && sleep 2
    for letter in "$out/eml/"*.eml; do
        number=$((number + 1))
        $2 && shot "$1-$(printf %02d $number)" && xdotool key Down && sleep 1
    done
    number=0
}
number=0

start Xvfb :78 -screen 0 1300x1000x24
sleep 2
start openbox
start python3 -m http.server 8183 --bind 127.0.0.1 --directory "$out/sites"
sleep 1

evolution() { # the kind of picture, a mode of the plug-in "prefer plain", a theme
    cat >"$out/evolution.sh" <<END
gsettings set org.gnome.evolution.mail image-loading-policy always
gsettings set org.gnome.evolution.mail show-startup-wizard false
gsettings set org.gnome.evolution.mail show-to-do-bar false
gsettings set org.gnome.evolution.mail mark-seen false
gsettings set org.gnome.evolution.mail layout 1
gsettings set org.gnome.evolution.plugin.prefer-plain mode $2
GTK_THEME=$3 exec evolution -c mail
END
    start dbus-run-session -- sh "$out/evolution.sh"
    sleep 14 && whole
    click 78 199 5 && click 480 197 2 # the inbox, the first letter
    letters "$1" true
    stop
}
case ${2:-all} in all | evolution)
    export HOME="$out/home-evolution"
    rm -rf "$HOME" && mkdir -p "$HOME"
    start dbus-run-session -- evolution -c mail
    sleep 14 # it makes its mail folders
    stop
    cp "$out/Maildir/new/"* "$HOME/.local/share/evolution/mail/local/new/"
    evolution evolution normal Adwaita
    evolution evolution-text only_plain Adwaita
    evolution evolution-dark normal Adwaita:dark
    ;;
esac

claws() { # the kind of picture, a line of the section [Common], plug-ins
    printf '[Common]\n%s\n[Plugins_GTK3]\n%s\n' "$2" "$3" >"$HOME/.claws-mail/clawsrc"
    start dbus-run-session -- claws-mail
    sleep 8 && whole
    click 140 178 3 # the inbox
    click 293 478 1 # no quick search
    click 420 170 1 # the first letter
    letters "$1" open_letter
    stop
}
open_letter() { xdotool key Return && sleep 1; }
case ${2:-all} in all | claws)
    export HOME="$out/home-claws"
    rm -rf "$HOME" && mkdir -p "$HOME/.claws-mail"
    for folder in inbox sent draft queue trash; do mkdir -p "$HOME/Mail/$folder"; done
    for letter in "$out/eml/"*.eml; do
        number=$((number + 1))
        tr -d '\r' <"$letter" >"$HOME/Mail/inbox/$number"
    done
    number=0
    cat >"$HOME/.claws-mail/accountrc" <<END
[Account: 1]
account_name=reader
is_default=1
name=Reader
address=reader@example.org
protocol=5
smtp_server=127.0.0.1
END
    cat >"$HOME/.claws-mail/folderlist.xml" <<END
<?xml version="1.0" encoding="UTF-8"?>
<folderlist><folder type="mh" name="Mailbox" path="Mail"/></folderlist>
END
    plugins=/usr/lib/$(uname -m)-linux-gnu/claws-mail/plugins
    claws claws-text "" ""
    claws claws-litehtml promote_html_part=1 "$plugins/litehtml_viewer.so"
    claws claws-fancy promote_html_part=1 "$plugins/fancy.so"
    ;;
esac
echo "Pictures: $out/pictures"
