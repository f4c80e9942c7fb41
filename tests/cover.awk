# Sums up what gcov -b -c -t prints of many programs that hold the same parts: a line, or a way out
# of a condition, is reached when one of them reached it. ./build.sh cover calls it.
#
# Prints a line a part, the sum, and whether the goals hold (-v lines=97 -v branches=92, percent);
# into `report` what was not reached: FILE:LINE: text, or which ways of its conditions were not.
# A way (a branch) is one outcome of a condition as the compiler sees it without optimisation: two
# of each if, ?:, && and loop, one of each case. Calls that may not return are none.
function share(part, whole) { return whole ? 100 * part / whole : 0 }
function row(name, l, lines, b, ways) {
  return sprintf("%-16s %6d of %6d lines %6.1f %% %7d of %6d branches %6.1f %%", name, l, lines,
    share(l, lines), b, ways, share(b, ways))
}

/^ *-: *0:Source:/ {
  file = $0
  sub(/.*:Source:/, "", file)
  ours = file ~ /(^|\/)(amalgamation|ext)\/[^\/]*$/
  sub(/^.*amalgamation\//, "", file)
  sub(/^.*\/ext\//, "ext/", file)
  next
}
!ours { next }
/^ *[-#=0-9][^:]*: *[0-9]+:/ {
  split($0, field, ":")
  way = 0
  line = field[2] + 0
  if (line == 0 || field[1] ~ /-$/) next
  key = file SUBSEP line
  if (!(key in reached)) {
    reached[key] = 0
    text[key] = $0
    sub(/^[^:]*:[^:]*:/, "", text[key])
    if (line > last[file]) last[file] = line
  }
  if (field[1] !~ /[#=]/) reached[key] = 1
  next
}
/^branch / {
  if (way + 1 > ways[key]) ways[key] = way + 1
  if ($3 == "taken" && $4 > 0) taken[key, way] = 1
  way++
}
END {
  for (file in last) names[++n] = file
  for (i = 2; i <= n; i++) # in order
    for (k = i; k > 1 && names[k - 1] > names[k]; k--) {
      file = names[k]; names[k] = names[k - 1]; names[k - 1] = file
    }
  printf "" >report
  for (i = 1; i <= n; i++) {
    file = names[i]
    l = lines_here = b = ways_here = 0
    for (line = 1; line <= last[file]; line++) {
      key = file SUBSEP line
      if (!(key in reached)) continue
      lines_here++
      l += reached[key]
      missed = ""
      for (way = 0; way < ways[key]; way++) {
        ways_here++
        if ((key, way) in taken) b++
        else missed = missed " " way
      }
      if (!reached[key]) print file ":" line ": never:  " text[key] >report
      else if (missed != "")
        print file ":" line ": way" missed " of " ways[key] ": " text[key] >report
    }
    print row(file, l, lines_here, b, ways_here)
    all_l += l; all_lines += lines_here; all_b += b; all_ways += ways_here
  }
  print row("in all", all_l, all_lines, all_b, all_ways)
  good = share(all_l, all_lines) >= lines && share(all_b, all_ways) >= branches
  print (good ? "reached" : "not reached") ": " lines " % of lines, " branches " % of branches"
  exit !good
}
