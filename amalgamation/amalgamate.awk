# Makes migrate.h: awk -f amalgamate.awk amalgamation/migrate.in.h
# A line `#include "part"` gives way to that part, once; @VERSION@ becomes api.h's version.
function put(name, path, line, ok, quoted) {
  path = folder "/" name
  while ((ok = (getline line < path)) > 0)
    if (line !~ /^#include "/) { gsub(/@VERSION@/, version, line); print line }
    else { split(line, quoted, "\""); if (!seen[quoted[2]]++) put(quoted[2]) }
  if (ok < 0) { print "amalgamate: there is no " path > "/dev/stderr"; exit 1 }
  close(path)
}
BEGIN {
  top = folder = ARGV[1]; sub(/\/[^\/]*$/, "", folder); sub(/.*\//, "", top)
  while ((getline line < (folder "/api.h")) > 0)
    if (line ~ /^#define MIGRATE_VERSION "/) { split(line, word, "\""); version = word[2] }
  close(folder "/api.h")
  put(top)
}
