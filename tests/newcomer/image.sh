#!/bin/sh
# Builds the image of the trading processes with podman, both targets, and looks into it: uid 10001, the core is compiled, every process starts.
#   tests/newcomer/image.sh FOLDER      FOLDER holds podman's storage; it may be kept for the next run. The last commit is what is built.
# Where the base image cannot be fetched, one of its name is made with debootstrap (as root): a Debian whose Python has the same version.
set -eu
[ $# -eq 1 ] || { sed -n 2,4p "$0"; exit 2; }
mkdir -p "$1"; folder=$(cd "$1" && pwd)
checkout=$(cd "$(dirname "$0")/../.." && pwd)
base=$(sed -n 's/^FROM \([^ ]*\) AS build$/\1/p' "$checkout/engine_container/Dockerfile")
SUITE=trixie
certificates=/etc/ssl/certs/ca-certificates.crt
export BUILDAH_ISOLATION=chroot
driver=overlay # vfs copies the whole file system for every step
podman --storage-driver $driver --root "$folder/storage" --runroot "$folder/run" info > /dev/null 2>&1 || driver=vfs
stored="--storage-driver $driver --root $folder/storage --runroot $folder/run"
docker() { podman $stored "$@"; }
fetched() { timeout 60 podman $stored pull --quiet "docker.io/library/$base" 2> /dev/null; }

if ! docker image exists "docker.io/library/$base" && ! fetched; then
  root=$folder/base
  [ -e "$root/usr/bin/python" ] || debootstrap --variant=minbase --include=python3,python3-dev,python3-venv,python-is-python3,ca-certificates "$SUITE" "$root"
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc; do
    [ ! -e $file ] || cp -L $file "$root$file"
  done
  cp -rL /etc/ssl/certs "$root/etc/ssl/" 2> /dev/null || true
  tar -C "$root" --exclude=./proc --exclude=./sys --exclude=./dev -c . \
    | docker import --quiet --change "ENV PIP_CERT=$certificates" --change "ENV NODE_EXTRA_CA_CERTS=$certificates" - "docker.io/library/$base"
fi

rm -rf "$folder/source"; mkdir "$folder/source"
git -C "$checkout" archive HEAD | tar -x -C "$folder/source"
for target in runtime local; do
  docker build --format docker --quiet --pull=never --network host --target "$target" --file "$folder/source/engine_container/Dockerfile" \
    --ignorefile "$folder/source/.dockerignore" --tag "mycrypto/trading:$target" "$folder/source"
done

docker image inspect "localhost/mycrypto/trading:runtime" | grep -q /health # podman leaves the health command out of images of its own format

# The steps of a build run in the image as its user, also where the kernel lets podman start no container.
looked() {
  target=$1; shift
  { printf 'FROM localhost/mycrypto/trading:%s\nCOPY image_start.py /tmp/\n' "$target"; printf 'RUN ["python", "%s", "%s"]\n' "$@"; } > "$folder/Look"
  docker build --quiet --pull=never --no-cache --network host --file "$folder/Look" "$checkout/tests/newcomer" > /dev/null
}
compiled="import os; from engine_container.core import machine as m; assert m.__file__.endswith('.so'), m.__file__; assert os.getuid() == 10001, os.getuid()"
looked runtime -c "$compiled; import engine_container.tools.cli"
looked runtime -c "import importlib.util as u; assert u.find_spec('mycrypto_local') is None"
for process in engine gateway publisher; do
  looked runtime /tmp/image_start.py engine_container.$process
done
looked local -c "$compiled; import mycrypto_local.pump.__main__"
looked local /tmp/image_start.py mycrypto_local.front_door # the pump is healthy beside a broker only
echo "both targets are built; the core is compiled, uid 10001; engine, gateway, publisher and front door start, are healthy and end on SIGTERM"
