#!/usr/bin/env bash
# Builds git.exe, tar.exe and zstd.exe for Windows from Debian's source packages, into ./out. Runs as root in the Debian
# of the emulated Windows. Whatever the tests do not need is left out: TLS, curl, Perl, translations.
set -euo pipefail
cd "$(dirname "$0")"
host=x86_64-w64-mingw32
jobs=$(nproc)
mkdir -p out

apt-get -qq source --download-only git libarchive zstd 2>/dev/null
for name in git libarchive libzstd; do
  mkdir -p "$name"
  tar xf "${name}"_*.orig.tar.xz -C "$name" --strip-components=1
done

build_zstd() {
  cd libzstd/programs
  mkdir -p objects
  local sources=(zstdcli.c fileio.c fileio_asyncio.c util.c timefn.c ../lib/{common,compress,decompress}/*.c)
  local flags=(-c -O1 -DZSTD_MULTITHREAD=1 -DXXH_NAMESPACE=ZSTD_ -DZSTD_DISABLE_ASM -DZSTD_NOTRACE -DZSTD_NODICT
    -DZSTD_NOBENCH -I../lib -I../lib/common)
  local source
  for source in "${sources[@]}"; do
    echo "$host-gcc ${flags[*]} -o objects/$(basename "$source").o $source"
  done | xargs -P "$jobs" -I{} sh -c '{}'
  "$host-gcc" -o ../../out/zstd.exe objects/*.o -static
}

build_tar() {
  cd libarchive
  local without=(xml2 expat openssl iconv lzma bz2lib libb2 lz4 zstd nettle mbedtls)
  ./configure -q --host="$host" --disable-shared --enable-bsdtar=static --disable-bsdcpio --disable-bsdcat \
    --disable-bsdunzip "${without[@]/#/--without-}" --disable-acl --disable-xattr CFLAGS=-O0
  make -s -j"$jobs" bsdtar.exe
  cp bsdtar.exe ../out/tar.exe
}

build_git() {
  cd git
  # Git for Windows reads file:///C:/folder as a folder; plain git does not.
  sed -i 's|^\(\t*\)path = strchr(end, separator);|\1{ path = strchr(end, separator); if (protocol == PROTO_FILE \&\& path \&\& has_dos_drive_prefix(path + 1)) path++; }|' connect.c
  grep -q 'PROTO_FILE && path' connect.c
  make -s -j"$jobs" git.exe CROSS_COMPILE="$host-" CC="$host-gcc" AR="$host-ar" RC="$host-windres -O coff" CFLAGS=-O0 \
    uname_S=MINGW uname_O=MINGW uname_M=x86_64 MSYSTEM=MINGW64 HOST_CPU=x86_64 SKIP_DASHED_BUILT_INS=1 \
    NO_OPENSSL=1 NO_CURL=1 NO_EXPAT=1 NO_ICONV=1 NO_GETTEXT=1 NO_PERL=1 NO_PYTHON=1 NO_TCLTK=1 \
    USE_LIBPCRE= USE_NED_ALLOCATOR= USE_MIMALLOC=
  "$host-strip" -o ../out/git.exe git.exe
}

(build_zstd)
(build_tar)
(build_git)
# What git.exe was linked against.
cp "/usr/$host/lib/zlib1.dll" "$(find /usr/lib/gcc/$host -path '*-win32/libssp-0.dll' | head -1)" out/
# For Wine's own server.
gcc -shared -fPIC -O1 -o out/late-free.so late-free.c
