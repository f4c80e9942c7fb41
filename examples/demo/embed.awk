# Makes a C array of revision files: awk -f embed.awk versions/*.sql >revisions.h
function quoted(s) {
  gsub(/\\/, "\\\\", s)
  gsub(/"/, "\\\"", s)
  return "\"" s "\""
}
function line(s) {
  s = quoted(s)
  return "   " substr(s, 1, length(s) - 1) "\\n\""
}
function flush_revision() {
  if (id == "") return
  printf "  {%s, %s, 0, 0, %s, 0,\n%s,\n%s, 0, 0, 0},\n", quoted(id),
    parent == "" ? "0" : quoted(parent), quoted(message), up == "" ? "   0" : up,
    down == "" ? "   0" : down
  id = parent = message = up = down = section = ""
}
BEGIN {
  print "/* The revisions of a directory, as migrate_add() takes them. */"
  print "static const migrate_revision revisions[] = {"
}
FNR == 1 { flush_revision(); message = substr($0, 4) }
/^-- revision: / { id = $3 }
/^-- down_revision: / { parent = $3 }
/^-- migrate:up/ { section = "up"; next }
/^-- migrate:down/ { section = "down"; next }
section == "up" { up = up (up == "" ? "" : "\n") line($0) }
section == "down" { down = down (down == "" ? "" : "\n") line($0) }
END {
  flush_revision()
  print "};"
}
