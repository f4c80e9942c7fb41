#!/bin/sh
# migrate: builds, tests, measures. `./build.sh help` lists the verbs.
#
# Honours CC, CFLAGS, PREFIX, DESTDIR and SQLITE (a folder that holds another SQLite's sqlite3.c,
# sqlite3.h and sqlite3ext.h; the tests are then linked with that one).
set -eu
CALLED_FROM=$PWD
cd "$(dirname "$0")"

DEFAULT_CFLAGS="-O2 -g"
CFLAGS=${CFLAGS-$DEFAULT_CFLAGS}
WARNINGS="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wundef -Wcast-qual -Wwrite-strings"
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
CACHE=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/migrate
case $(uname -s) in
  Darwin) SUFFIX=dylib ;;
  MINGW* | MSYS* | CYGWIN*) SUFFIX=dll ;;
  *) SUFFIX=so ;;
esac

say() { printf '%s\n' "$*"; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- what the machine lacks -----------------------------------------------------------------

find_compiler() {
  if [ -n "${CC-}" ]; then return 0; fi
  for CC in cc gcc clang; do
    if have "$CC"; then return 0; fi
  done
  CC=''
}

has_header() { printf '#include <%s>\n' "$2" | $CC $SQLITE_CFLAGS $1 -E - >/dev/null 2>&1; }

# Prints the missing ones of: compiler, sqlite, and for the tests shell, cmocka.
missing() {
  if [ -z "$CC" ]; then
    say compiler
    [ -n "${SQLITE-}" ] || say sqlite
    [ "$1" = build ] || say cmocka
  else
    has_header '' stddef.h || say compiler
    has_header '' sqlite3ext.h || say sqlite
    [ "$1" = build ] ||
      has_header '-include stdarg.h -include stddef.h -include setjmp.h -include stdint.h' \
        cmocka.h || say cmocka
  fi
  [ "$1" = build ] || have sqlite3 || say shell
}

package_names() { # manager, thing
  case $1:$2 in
    apt-get:compiler) say gcc libc6-dev ;;
    apt-get:sqlite) say libsqlite3-dev ;;
    apt-get:cmocka) say libcmocka-dev ;;
    apt-get:shell) say sqlite3 ;;
    dnf:compiler) say gcc glibc-devel ;;
    dnf:sqlite) say sqlite-devel ;;
    dnf:cmocka) say libcmocka-devel ;;
    apk:compiler) say gcc musl-dev ;;
    apk:sqlite) say sqlite-dev ;;
    apk:cmocka) say cmocka-dev ;;
    brew:compiler) say llvm ;;
    *:shell) say sqlite ;;
    *) say "$2" ;;
  esac
}

install_packages() { # manager, package ...
  manager=$1
  shift
  root=''
  if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    have sudo && sudo -n true 2>/dev/null && root='sudo -n' || return 1
  fi
  say "installing $*" >&2
  case $manager in
    apt-get)
      $root apt-get update -qq &&
        $root env DEBIAN_FRONTEND=noninteractive \
          apt-get install -y -qq --no-install-recommends "$@" ;;
    dnf) $root dnf install -y -q "$@" ;;
    apk) $root apk add -q "$@" ;;
    brew) brew install -q "$@" ;;
  esac </dev/null >build/install.log 2>&1 || { tail -n 5 build/install.log >&2; return 1; }
}

# need build | need test: sees to it that the tools are there, or says what to install.
need() {
  mkdir -p build
  find_compiler
  SQLITE_CFLAGS=${SQLITE:+-isystem $SQLITE}
  lacking=$(missing "$1")
  if [ -n "$lacking" ]; then
    manager=''
    for tool in apt-get dnf apk brew; do
      if [ -z "$manager" ] && have $tool; then manager=$tool; fi
    done
    packages=$(for thing in $lacking; do package_names "${manager:-none}" "$thing"; done)
    # shellcheck disable=SC2086
    { [ -n "$manager" ] && install_packages "$manager" $packages; } ||
      die "please install:" $packages
    find_compiler
    lacking=$(missing "$1")
    [ -z "$lacking" ] || die "still missing after the installation:" $lacking
  fi
  link_sqlite
  export CC CFLAGS WARNINGS SQLITE_CFLAGS SQLITE_LIBS SUFFIX
}

# SQLITE_LIBS: the system's library, or an object made of $SQLITE/sqlite3.c.
link_sqlite() {
  SQLITE_LIBS=-lsqlite3
  [ -n "${SQLITE-}" ] || return 0
  [ -f "$SQLITE/sqlite3.c" ] || die "SQLITE=$SQLITE holds no sqlite3.c"
  object=$CACHE/sqlite3-$({ say "$SQLITE_OPTIONS"; cat "$SQLITE/sqlite3.c"; } | cksum | tr ' ' -).o
  if [ ! -f "$object" ]; then
    mkdir -p "$CACHE"
    # shellcheck disable=SC2086
    $CC -O1 -w $SQLITE_OPTIONS -c "$SQLITE/sqlite3.c" -o "$object.$$"
    mv "$object.$$" "$object"
  fi
  SQLITE_LIBS="$object -lpthread -ldl -lm"
}
SQLITE_OPTIONS="-DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE
  -DSQLITE_ENABLE_STAT4 -DSQLITE_ENABLE_JSON1 -DSQLITE_ENABLE_COLUMN_METADATA
  -DSQLITE_ENABLE_DBSTAT_VTAB -DHAVE_USLEEP=1"

# ---- verbs ------------------------------------------------------------------------------------

## (none)            amalgamate and ext
verb_default() {
  verb_amalgamate
  verb_ext
}

generate() { awk -f amalgamation/amalgamate.awk amalgamation/migrate.in.h; }

## amalgamate        makes migrate.h of amalgamation/
verb_amalgamate() {
  mkdir -p build
  generate >build/migrate.h.$$ || { rm -f build/migrate.h.$$; exit 1; }
  if cmp -s build/migrate.h.$$ migrate.h; then
    rm build/migrate.h.$$
  else
    mv build/migrate.h.$$ migrate.h
    say "made migrate.h"
  fi
}

## ext               builds the loadable extension, build/migrate.so (.dylib, .dll)
verb_ext() {
  need build
  shared='-shared'
  if [ "$SUFFIX" = so ]; then shared='-shared -Wl,-soname,migrate.so'; fi
  if [ "$SUFFIX" = dylib ]; then shared=-dynamiclib; fi
  pic=-fPIC
  if [ "$SUFFIX" = dll ]; then pic=''; fi
  # shellcheck disable=SC2086
  $CC -std=c99 $CFLAGS $WARNINGS $pic -fvisibility=hidden $SQLITE_CFLAGS -I. $shared \
    ext/migrate.c -o build/migrate.$SUFFIX.$$
  mv build/migrate.$SUFFIX.$$ build/migrate.$SUFFIX
  say "built build/migrate.$SUFFIX"
}

version() { sed -n 's/^#define MIGRATE_VERSION "\(.*\)"/\1/p' amalgamation/api.h; }

## test [NAME]       runs the tests whose path holds NAME, all by default
verb_test() {
  need test
  fresh_test_dir
  if [ -z "${1-}" ]; then
    if generate 2>/dev/null | cmp -s - migrate.h; then same='ok'; else same='not ok'; fi
    say "$same - migrate.h is what ./build.sh amalgamate makes" >"$TEST_DIR/amalgamate.tap"
  fi
  case ${1-} in
    unit*) ;;
    *)
      if ! sh build.sh >"$TEST_DIR/build.log" 2>&1; then
        grep -v '^ ' "$TEST_DIR/build.log" | grep -A 3 'error\|build.sh' | head -n 20
        say "not ok - ./build.sh builds" >"$TEST_DIR/build.tap"
      fi ;;
  esac
  # Most of a test's time is its compilation: with the default flags it is not optimised, see there.
  [ "$CFLAGS" != "$DEFAULT_CFLAGS" ] || export TEST_QUICK=1
  sh tests/run "$JOBS" "${1-}"
}

# Programs and logs of one run of the tests: two runs at once do not meet.
fresh_test_dir() {
  TEST_DIR=build/test-$$
  mkdir -p $TEST_DIR
  export TEST_DIR
  trap 'rm -rf $TEST_DIR' EXIT
  trap 'exit 1' HUP INT TERM
}

## asan [NAME]       the C tests under the address and the undefined-behaviour sanitizer
verb_asan() {
  need test
  verb_default
  fresh_test_dir
  CFLAGS="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
  sh tests/run "$JOBS" "${1-.c}"
}

# The readers, the API, tables changed in a hundred ways: what replays the fuzz targets' corpora.
VALGRIND="unit/script unit/settings unit/directory unit/version unit/diff unit/alter api/history
  api/journal api/step fuzz/ddl fuzz/script fuzz/ini fuzz/revision fuzz/exec fuzz/change"

## valgrind [NAME]   a part of the C tests under valgrind, or those whose path holds NAME
verb_valgrind() {
  need test
  have valgrind || die "please install: valgrind"
  verb_default
  fresh_test_dir
  CFLAGS="-g -O1"
  export TEST_RUNNER="valgrind -q --leak-check=full --error-exitcode=9"
  if [ -n "${1-}" ]; then
    sh tests/run "$JOBS" "$1"
    return
  fi
  for test in $VALGRIND; do sh tests/run one "tests/$test.c"; done | tee $TEST_DIR/valgrind.log
  ! grep -q '^FAILED' $TEST_DIR/valgrind.log
}

## fuzz [TARGET] [S]  fuzzes a target of tests/fuzz, or each, for S seconds (60); needs clang
verb_fuzz() {
  need test
  have clang || die "fuzzing needs clang and its libFuzzer (Debian: clang, libclang-rt-dev)"
  [ -z "${1-}" ] || [ -f "tests/fuzz/$1.c" ] || die "there is no target tests/fuzz/$1.c"
  verb_amalgamate
  for source in tests/fuzz/${1:-*}.c; do
    target=$(basename "$source" .c)
    words=tests/fuzz/$target.dict
    [ -f "$words" ] || words=tests/fuzz/sql.dict
    leaks=1 # some ask SQLite what is left, which is faster
    ! grep -q sqlite3_memory_used "$source" || leaks=0
    mkdir -p "build/fuzz/$target"
    say "fuzzing $target for ${2:-60} s"
    # shellcheck disable=SC2086
    clang -g -O1 -DFUZZING -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
      $SQLITE_CFLAGS -I. -Itests -Iamalgamation "$source" -o "build/fuzz/$target.fuzz" $SQLITE_LIBS
    "build/fuzz/$target.fuzz" -max_total_time="${2:-60}" -timeout=20 -max_len=2000 \
      -dict="$words" -detect_leaks=$leaks -artifact_prefix="build/fuzz/$target-" \
      "build/fuzz/$target" "tests/fuzz/corpus/$target" >"build/fuzz/$target.log" 2>&1 || {
      grep -v '^#\|Uses: ' "build/fuzz/$target.log" >&2
      die "found something: put build/fuzz/$target-* into tests/fuzz/corpus/$target"
    }
    grep '^Done' "build/fuzz/$target.log" || :
  done
}

# What adds nothing: the long ones that go where others went, and what compiles or measures.
COVER_WITHOUT='^tests/(bench|build|compile|corpus|hosts|platform|race|static|examples)/'
COVER_WITHOUT="$COVER_WITHOUT|/(thousand|mutations|change|exec|cost)\.c"

## cover [NAME]      lines and branches that the tests reach, a part; -v lists what they do not
verb_cover() {
  if [ "${1-}" = -v ]; then
    cat build/cover/report
    return
  fi
  CC=${CC-gcc}
  need test
  have gcov || die "please install gcov, of the compiler's version"
  rm -rf build/cover
  mkdir -p build/cover/parts
  # A migrate.h that takes the parts from where they are, so that the lines are theirs.
  say '#include "migrate.in.h"' >build/cover/parts/migrate.h
  CFLAGS="-I$PWD/build/cover/parts -I$PWD/amalgamation -O0 -g --coverage -DMIG_COVERAGE"
  make_library build/cover/here
  trap 'rm -f build/migrate.$SUFFIX' EXIT
  verb_ext # it counts, too, in the shell
  WITHOUT=$COVER_WITHOUT PLACES=all sh tests/run "$JOBS" "${1-}" || :
  mv build/migrate.$SUFFIX.*.gc?? build/cover
  for release in $COVER_SQLITES; do
    SQLITE=$CACHE/better-sqlite3-$release
    if [ -n "${1-}" ] || [ ! -f "$SQLITE/sqlite3.c" ]; then continue; fi
    SQLITE_CFLAGS="-isystem $SQLITE"
    link_sqlite
    make_library "build/cover/$release"
    say "SQLite $(sqlite_version "$SQLITE")"
    sh tests/run one tests/alter/cases.c
  done
  for counts in build/cover/*.gcda build/cover/*/*.gcda; do
    gcov -b -c -t "$counts" 2>/dev/null || :
  done | awk -v lines=97 -v branches=92 -v report=build/cover/report -f tests/cover.awk
}
COVER_SQLITES='6.0.1 latest' # older and newer ones, where ./build.sh matrix has fetched them

make_library() { # FOLDER: the library, compiled once for the tests that link it
  TEST_DIR=$1
  LIBRARY=$PWD/$TEST_DIR/library.o
  mkdir -p "$TEST_DIR"
  export TEST_DIR CFLAGS LIBRARY SQLITE_CFLAGS SQLITE_LIBS
  # shellcheck disable=SC2086
  $CC -std=c99 $CFLAGS $SQLITE_CFLAGS -I. -c tests/compile/implementation.c -o "$LIBRARY"
}

# Other SQLites, as npm packages carry them, each unpacked once outside of the repository.
MATRIX=${MATRIX-6.0.1 7.3.0 7.5.0 8.0.1 11.1.2 11.9.1 13.0.0 latest}

fetch_sqlite() { # version of better-sqlite3; prints the folder
  folder=$CACHE/better-sqlite3-$1
  if [ "$1" = latest ] || [ ! -f "$folder/sqlite3.c" ]; then
    rm -rf "$folder"
    mkdir -p "$folder/unpacked"
    (
      cd "$folder"
      npm pack --silent "better-sqlite3@$1" >/dev/null 2>&1
      tar xzf ./*.tgz -C unpacked
      cd unpacked/package/deps
      if [ -f sqlite3.tar.gz ]; then tar xzf sqlite3.tar.gz; else cd sqlite3; fi
      mv sqlite3.c sqlite3.h sqlite3ext.h "$folder"
    ) </dev/null || return 1
    rm -rf "$folder/unpacked" "$folder"/*.tgz
  fi
  say "$folder"
}

sqlite_version() { sed -n 's/^#define SQLITE_VERSION  *"\(.*\)"/\1/p' "$1/sqlite3.h"; }

## matrix [NAME]     the C tests with each of several SQLite versions, from the oldest supported on
verb_matrix() {
  have npm || die "please install: npm"
  verb_amalgamate
  trap 'rm -rf build/matrix-$$' EXIT
  trap 'exit 1' HUP INT TERM
  failed=0
  for release in $MATRIX; do
    if SQLITE=$(fetch_sqlite "$release"); then
      matrix_one "${1-.c}" || failed=1
    else
      say "better-sqlite3@$release cannot be had from npm"
      failed=1
    fi
  done
  SQLITE=''
  verb_ext >/dev/null
  return $failed
}

matrix_one() { # NAME
  work=build/matrix-$$
  log=$work/log
  rm -rf $work
  mkdir -p $work
  SQLITE=$SQLITE sh build.sh ext >/dev/null || return 1
  need test
  CFLAGS='-O1 -g0 -DMIG_TEST'
  make_library $work || return 1
  TEST_QUICK=1 sh tests/run "$JOBS" "$1" >$log 2>&1 || :
  printf 'SQLite %-8s %s\n' "$(sqlite_version "$SQLITE")" "$(tail -n 1 $log)"
  grep -A 3 '^FAILED' $log | head -n 60 || :
  tail -n 1 $log | grep -q ' 0 failed'
}

## hosts             installs the hosts of tests/hosts outside of the repository, then runs it
verb_hosts() {
  sh tests/hosts/install
  verb_test hosts
}

## hosted            installs D1 (miniflare) and libSQL elsewhere, then runs tests/d1
verb_hosted() {
  sh tests/d1/install
  CHAINS=all
  export CHAINS
  verb_test d1/
}

## platforms [NAME]  the tests on 32 bit, big-endian, musl, Windows, WebAssembly .. as installed
verb_platforms() {
  sh tests/platform/install
  verb_amalgamate
  mkdir -p "$CACHE"
  SQLITE=${SQLITE-$(fetch_sqlite 8.0.1)} sh tests/platform/all "${1-}"
}

## compare [ROWS]    installs other tools outside of the repository: the same job by each (200,000)
verb_compare() {
  sh tests/compare/install
  verb_default
  "${PYTHON:-/usr/bin/python3}" tests/compare/compare.py "${1:-200000}" 3
}

# What takes seconds of it is the test tests/static. gcc 12's -fanalyzer is left out: over the whole
# file it takes more than three minutes, and 30 s where it is told to look at fewer ways through a
# function, of which it then gives up 534; either way, and over single parts too, it did not see a
# double free that was planted there.
# clang 14's --analyze over the functions of the header takes four minutes and reports twelve times
# that something could be NULL where no fault is set: it misses that one implies the other.
## lint              clang-tidy, cppcheck, shellcheck, where they are installed
verb_lint() {
  need build
  verb_amalgamate
  wrong=0
  # shellcheck disable=SC2086
  lint_with clang-tidy --quiet --header-filter=. tests/compile/implementation.c ext/migrate.c -- \
    -std=c99 $SQLITE_CFLAGS -I.
  lint_with cppcheck --quiet --std=c99 --max-configs=1 --error-exitcode=1 --inline-suppr \
    --enable=warning,portability --suppress=missingIncludeSystem --suppress=autoVariables \
    -DMIGRATE_IMPLEMENTATION migrate.h
  scripts=$(grep -rlI --exclude-dir=.git --exclude-dir=build '^#!/bin/sh' .)
  # shellcheck disable=SC2086
  lint_with shellcheck -s sh -S warning $scripts
  return $wrong
}

lint_with() { # TOOL ARGUMENTS
  if ! have "$1"; then
    say "$1: not installed"
  elif "$@"; then
    say "$1: nothing"
  else
    wrong=1
  fi
}

## format            lays the sources out as .clang-format says; needs clang-format
verb_format() {
  have clang-format || die "please install: clang-format"
  git ls-files '*.c' '*.h' | grep -v '^migrate\.h$' | xargs clang-format -i
  verb_amalgamate
}

## tsan              threads that migrate at once, under the thread sanitizer
verb_tsan() {
  need test
  verb_default
  fresh_test_dir
  CFLAGS="-g -O1 -fsanitize=thread" TSAN_OPTIONS=halt_on_error=1 sh tests/run "$JOBS" race/threads.c
}

# places: every place of failure once, and faults after faults. disks: each kind of journal with two
# sizes of a page, every fault of the disk, and power cuts with several choices of what of the
# unsynced is kept. races: processes and threads, forty times as often.
## nightly [PART]    faults at every place, races for longer; PART: places, disks, races (all)
verb_nightly() {
  need test
  verb_default
  fresh_test_dir
  case ${1:-all} in
    places) nightly_places ;;
    disks) nightly_disks ;;
    races) nightly_races ;;
    all) nightly_places && nightly_disks && nightly_races ;;
    *) die "nightly has the parts places, disks, races, all" ;;
  esac
}

nightly_places() {
  PLACES=all sh tests/run "$JOBS" fault/allocations.c
  FAULT_STRIDE=1 FAULT_PAIRS=${FAULT_PAIRS:-2500} sh tests/run "$JOBS" fault/fault.c
  tail -n 1 $TEST_DIR/fault-fault.c.tap
}

nightly_disks() {
  nightly_wrong=0
  FAULT_ONLY=none sh tests/run 1 fault/fault.c >/dev/null || : # compiles it
  for journal in delete truncate persist wal; do
    for page in 512 4096; do
      export FAULT_JOURNAL=$journal FAULT_PAGE=$page FAULT_STRIDE=1 FAULT_PAIRS=0
      say "journal $journal, pages of $page bytes"
      nightly_fault FAULT_DISK=1
      for seed in 1 2 3 4 5 6; do nightly_fault FAULT_SEED=$seed FAULT_ONLY='some kept'; done
    done
  done
  return $nightly_wrong
}

nightly_races() { RACE_ROUNDS=400 sh tests/run "$JOBS" race/; }

nightly_fault() {
  status=0
  env "$@" "$TEST_DIR/fault-fault.c" >"$TEST_DIR/nightly.log" || status=1
  grep -v '^ok' "$TEST_DIR/nightly.log"
  [ $status = 0 ] || nightly_wrong=1
}

## prove [NAME]      deliberate mistakes in copies of migrate.h, which the fault tests must notice
verb_prove() {
  need test
  verb_default
  sh tests/fault/prove "${1-}"
}

## embed [FOLDER]    prints a C header with the revisions of a migration folder (migrations)
verb_embed() {
  need test
  verb_default >&2
  folder=${1:-migrations}
  case $folder in /*) ;; *) folder=$CALLED_FROM/$folder ;; esac
  folder=$(printf '%s' "$folder" | sed "s/'/''/g")
  sqlite3 -batch -noheader -list :memory: ".load build/migrate" "SELECT migrate_embed('$folder')"
}

## dist              makes build/migrate-VERSION.tar.gz of the last commit, byte for byte the same
verb_dist() {
  verb_amalgamate
  mkdir -p build
  name=migrate-$(version)
  git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"build/$name.tar.gz"
  say "made build/$name.tar.gz"
}

## install [PREFIX]  installs the extension and the header (default /usr/local; honours DESTDIR)
verb_install() {
  verb_default
  prefix=${1:-${PREFIX:-/usr/local}}
  root=${DESTDIR-}$prefix
  mkdir -p "$root/lib" "$root/include"
  cp build/migrate.$SUFFIX "$root/lib/migrate.$SUFFIX.new"
  chmod 755 "$root/lib/migrate.$SUFFIX.new"
  mv "$root/lib/migrate.$SUFFIX.new" "$root/lib/migrate.$SUFFIX"
  cp migrate.h "$root/include/migrate.h"
  chmod 644 "$root/include/migrate.h"
  if [ "$SUFFIX" = so ]; then
    # glibc's loader finds a bare name through ldconfig's cache, which takes in lib* alone, under
    # the name that stands in the library (-soname).
    ln -sf migrate.so "$root/lib/libmigrate.so"
    if [ -z "${DESTDIR-}" ] && have ldconfig; then ldconfig "$root/lib" 2>/dev/null || :; fi
  fi
  say "installed $root/lib/migrate.$SUFFIX and $root/include/migrate.h"
  name=migrate
  if [ -n "${DESTDIR-}" ] || ! have sqlite3 ||
    ! (cd / && sqlite3 :memory: '.load migrate' 'SELECT migrate_version()' >/dev/null 2>&1); then
    name=$prefix/lib/migrate
  fi
  say "in sqlite3:  .load $name"
}

## demo              builds all, then the main job on the schema of a chat application
verb_demo() {
  need test
  verb_default
  sh examples/demo/run
}

## bench [ROWS [PAIRS [PART]]]  measures against the twelve steps by hand and against Alembic
##                   (1,000,000 rows, 5 pairs; PART: narrow, wide, tables or all)
verb_bench() {
  need test
  verb_default
  sh tests/bench/run "${1:-1000000}" "${2:-5}" "${3:-all}"
}

## clean             removes build/
verb_clean() { rm -rf build; }

## help              this list
verb_help() {
  say "usage: ./build.sh [VERB]"
  sed -n 's/^## /  /p' "$0"
  say "honours CC, CFLAGS, PREFIX, DESTDIR and SQLITE (a folder with another sqlite3.c, .h, ext.h)"
}

verb=${1:-default}
[ $# = 0 ] || shift
case $verb in
  default | amalgamate | ext | test | demo | bench | asan | valgrind | fuzz | cover | \
    matrix | hosts | hosted | platforms | compare | lint | tsan | nightly | \
    prove | embed | dist | install)
    "verb_$verb" "$@" ;;
  clean | help) "verb_$verb" ;;
  *)
    verb_help >&2
    die "no such verb: $verb" ;;
esac
