#!/usr/bin/env bash
# Runs a Windows program in the current directory, with its exit code:
#   wine.sh PROGRAM ARGUMENT...
# The directory must lie below .tools/windows/d, which is drive D:. Of the caller's variables the program sees those that a
# download needs, and those that KEEP names. With WITHOUT_LAUNCHER=1 the program is one of Linux, such as wineserver.
set -euo pipefail
windows=$(realpath "$(dirname "$0")/../../../.tools/windows")
root=$windows/root
runner=1234

# A user that is not root, because root may write to read-only files.
environment=(
  HOME="$windows/home" USER=runner LOGNAME=runner XDG_RUNTIME_DIR="$windows/run" LANG=C.UTF-8
  PATH=/usr/bin:/bin
  WINEPREFIX="$windows/prefix" WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
  WINEPATH='C:\hostedtoolcache\windows\go\go\x64\bin;C:\Program Files\nodejs;C:\Program Files\Git\mingw64\bin;C:\Program Files\zstd'
)
for name in GOPROXY GOSUMDB GONOSUMDB HTTP_PROXY HTTPS_PROXY NO_PROXY ${KEEP:-}; do
  [ -z "${!name+set}" ] || environment+=("$name=${!name}")
done
command=(/usr/bin/wine 'C:\windows\launch.exe' "$@")
[ "${WITHOUT_LAUNCHER:-}" != 1 ] || command=("$@")

# shellcheck disable=SC2016 # Expanded by the inner shell.
exec unshare -m --propagation private bash -c '
  root=$0 windows=$1 user=$2
  shift 2
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mkdir -p "$root$windows"
  mount --bind "$windows" "$root$windows"
  exec chroot --userspec="$user:$user" "$root" env -i "$@"
' "$root" "$windows" "$runner" -C "$(pwd -P)" "${environment[@]}" "${command[@]}" </dev/null
