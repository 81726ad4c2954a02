#!/bin/bash
# Compares unpacking both caches with mounting them as squashfs images below an overlay: docs/adr/0022-files-are-created-on-the-disk.md.
# Needs Linux, root, mksquashfs, zstd and Go. Prints seconds of restore, of `go build` with `go vet`, and their sum.
#
#   bash bench/mounted-images.sh SOURCE FOLDER [ROUNDS]
#
# SOURCE: a checkout of a Go module. FOLDER: a new folder on the disk to measure. Archives and images are in /dev/shm.
set -euo pipefail
source_code=$(realpath "$1")
mkdir "$2"
folder=$(realpath "$2")
rounds=${3:-3}
memory=$(mktemp -d /dev/shm/mounted-images-XXXXXX)
cd "$folder"

finish() {
  umount mod cache low 2>/dev/null || true
  rm -rf "$memory" mod cache low up work kept
}
trap finish EXIT

job() {
  (
    cd "$source_code"
    export GOMODCACHE=$folder/mod GOCACHE=$folder/cache GOFLAGS=-modcacherw
    go build ./... && go vet ./...
  ) >/dev/null
}

# Starts a measurement with nothing in the page cache, and nothing to be written.
begin() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
  started=$(date +%s.%N)
}

restored() { restored_at=$(date +%s.%N); }

end() {
  local ended
  ended=$(date +%s.%N)
  awk -v name="$1" -v a="$started" -v b="$restored_at" -v c="$ended" 'BEGIN {
    printf "%-45s restore %6.2f  job %6.2f  sum %6.2f\n", name, b - a, c - b, c - a }'
}

unpack() { zstd -q -d -c "$memory/$1.tar.zst" | tar -xf -; }

# Mounts the image $1 with an overlay for each of the other arguments.
mount_image() {
  mkdir -p low
  mount -t squashfs -o loop,ro "$memory/$1.squashfs" low
  for cache in "${@:2}"; do
    mkdir -p "$cache" "up/$cache" "work/$cache"
    mount -t overlay overlay -o "lowerdir=low/$cache,upperdir=up/$cache,workdir=work/$cache" "$cache"
  done
}

unmount() {
  echo "  copied up: $(find up -type f | wc -l) files, $(du -sm up | cut -f1) MB"
  for cache in "$@"; do umount "$cache"; done
  umount low
  rm -rf mod cache up work
}

image() { mksquashfs kept "$memory/$1.squashfs" -comp zstd -Xcompression-level 3 -no-progress -noappend -quiet >/dev/null; }

job
mkdir kept && mv mod cache kept/
find kept/mod/cache/download -name '*.zip' -delete
echo "$(find kept -type f | wc -l) files, $(du -sm kept | cut -f1) MB"
for cache in mod cache; do tar -cf - -C kept "$cache" | zstd -q -3 -T0 -o "$memory/$cache.tar.zst"; done
image new
# As the action restores them, so that Go marks what a job uses.
find kept/cache -name '*-[ad]' -exec touch -d '2 hours ago' {} +
image old

for ((round = 0; round < rounds; round++)); do
  begin
  unpack mod & unpack cache
  wait
  restored
  job
  end 'unpack both with tar'
  rm -rf mod cache

  for times in old new; do
    begin
    mount_image $times mod cache
    restored
    job
    end "mount both, $times times of build objects"
    unmount mod cache
  done

  begin
  mount_image old mod
  unpack cache
  restored
  job
  end 'mount modules, unpack build objects'
  unmount mod

  begin
  mount_image old mod
  restored
  find mod -type f -print0 | xargs -0 -P "$(nproc)" -n 200 sha256sum >/dev/null
  end 'mount modules, then hash all of them'
  unmount mod
done
