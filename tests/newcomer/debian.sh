#!/bin/sh
# What a newcomer does, on a bare Debian 12: Python with venv, make, and the commands of the README. Needs root, debootstrap and unshare.
#   tests/newcomer/debian.sh FOLDER [COMMAND...]      (default: make up, the demo, make test, make down; SUITE=noble: on an Ubuntu 24.04)
# FOLDER holds the root file system; it is made when it is not there, and may be kept for the next run. The last commit is what is tried.
# Of this machine the root gets its name server, its certificates and its settings for package indexes: what an administrator would give it.
set -eu
suite=${SUITE:-bookworm}
case $suite in # Ubuntu's own script is a link to this one, and older debootstraps have none for later releases
  bookworm) components=main source= ;;
  noble) components=main,universe source="http://archive.ubuntu.com/ubuntu /usr/share/debootstrap/scripts/gutsy" ;;
  *) echo "SUITE is bookworm or noble"; exit 2 ;;
esac
[ $# -ge 1 ] || { sed -n 2,5p "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "run it as root: it makes a root file system"; exit 2; }
folder=$(mkdir -p "$1" && cd "$1" && pwd); shift
root=$folder/$suite
checkout=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || set -- "make up" ".venv/bin/mycrypto demo" "make test" "make down"

if [ ! -e "$root/usr/bin/make" ]; then
  debootstrap --variant=minbase --components=$components --include=python3,python3-venv,make "$suite" "$root" $source
fi
for program in node npm java mvn gcc git; do
  ! chroot "$root" sh -c "command -v $program" > /dev/null || { echo "$program is in the root: it is not bare"; exit 1; }
done

rm -rf "$root/mycrypto"; mkdir "$root/mycrypto"
git -C "$checkout" archive HEAD | tar -x -C "$root/mycrypto"
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc; do
  [ ! -e $file ] || cp -L $file "$root$file"
done
mkdir -p "$root/etc/ssl"; cp -rL /etc/ssl/certs "$root/etc/ssl/" 2> /dev/null || true
given=$(env | grep -E '^([A-Z_]*CA_(CERTS|BUNDLE)|SSL_CERT_[A-Z]+|PIP_(CERT|INDEX_URL)|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)=' || true)

for command in "$@"; do
  printf 'cd /mycrypto && %s\n' "$command"
done > "$folder/commands"
# The namespaces end what the commands have started, however they end.
export folder root given
exec unshare --mount --pid --fork --kill-child sh -eu -c '
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/dev/shm" # tests of another root would take its runs for runs that were killed
  while read -r line <&3; do
    echo "\$ ${line#cd /mycrypto && }"
    began=$(date +%s)
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 $given chroot "$root" sh -c "$line" \
      || { echo "FAILED after $(($(date +%s) - began)) s"; exit 1; }
    echo "($(($(date +%s) - began)) s)"
  done 3< "$folder/commands"
'
