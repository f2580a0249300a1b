#!/bin/sh
# Debian's mail servers, browser and fonts, for the tests that want the real thing. Does nothing where they are installed;
# says so and goes on where they may not be: those tests then skip, or fail where ONETHREAD_REQUIRE_REAL is set.
#
# Nothing that it installs is left running: the tests start what they need themselves, with their own configuration.
set -eu

packages='dovecot-imapd dovecot-lmtpd postfix chromium fonts-noto-cjk fonts-noto-color-emoji'

missing=''
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || { echo "system: not Debian, left out:$missing"; exit 0; }
if [ "$(id -u)" = 0 ]; then
    root='env'
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root='sudo -n env'
else
    echo "system: only root may install, left out:$missing"
    exit 0
fi

# A policy that forbids starts is how Debian is asked to install a service without running it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
    $root chmod 755 "$policy"
fi

# --no-remove: a machine that has another mail server keeps it.
install() {
    echo 'postfix postfix/main_mailer_type select No configuration' | $root debconf-set-selections
    # shellcheck disable=SC2086 # a list of words is meant
    $root DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends --no-remove \
        $missing </dev/null >"$log" 2>&1
}
log=$(mktemp)
echo "system: installing$missing"
if ! install; then
    $root apt-get update --quiet </dev/null >"$log" 2>&1 || true
    install || { tail -n 20 "$log"; echo "system: could not install:$missing"; }
fi
rm -f "$log"

# Nor may the next boot start them.
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
    for service in postfix dovecot; do
        case $missing in
            *$service*) $root systemctl disable --now --quiet "$service" 2>/dev/null || true ;;
        esac
    done
fi
