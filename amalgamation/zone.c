/* Zone: how far a place is from UTC at a moment, by the time zone files of the system (RFC 9636).
** They are read here: to ask the C library would mean to change the environment of the process. */

/* ---- the rule at the end of a file: CET-1CEST,M3.5.0,M10.5.0/3 ---- */

/* Days since 1970-01-01. */
static int mig_day_number(int year, int month, int day) {
  int from_march = (month + 9) % 12;
  year -= month <= 2;
  day += year * 365 + year / 4 - year / 100 + year / 400;
  return day + (153 * from_march + 2) / 5 - 719469;
}

/* Skips the name of a zone: letters, or anything in < >. NULL: there is none. */
static const char *mig_rule_name(const char *z) {
  const char *from = z;
  if (*z == '<') {
    z = strchr(z, '>');
    return z ? z + 1 : 0;
  }
  while ((*z >= 'A' && *z <= 'Z') || (*z >= 'a' && *z <= 'z')) z++;
  return z > from ? z : 0;
}

static const char *mig_rule_number(const char *z, int *n) {
  for (*n = 0; *z >= '0' && *z <= '9' && *n < 1000; z++) *n = *n * 10 + (*z - '0');
  return z;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static const char *mig_rule_time(const char *z, int *seconds) {
  int sign = *z == '-' ? -1 : 1, unit, n;
  *seconds = 0;
  if (*z == '-' || *z == '+') z++;
  for (unit = 3600; unit; unit /= 60) {
    z = mig_rule_number(z, &n);
    *seconds += sign * n * unit;
    if (*z != ':') break;
    z++;
  }
  return z;
}

/* The d-th weekday (0 is Sunday) of the w-th week of a month; the fifth is the last. */
static int mig_rule_weekday(int year, int month, int week, int weekday) {
  int first = mig_day_number(year, month, 1);
  int day = first + (weekday - (first + 4) % 7 + 7) % 7 + 7 * (week - 1);
  int next = mig_day_number(year + month / 12, month % 12 + 1, 1);
  return day < next ? day : day - 7;
}

/* Mm.w.d, Jn or n, with /time behind it: seconds since 1970 by the clock on the wall. NULL: it is
** none of them. */
static const char *mig_rule_moment(const char *z, int year, sqlite3_int64 *moment) {
  int month, week, weekday, day, seconds = 7200;
  if (*z == 'M') {
    z = mig_rule_number(z + 1, &month);
    z = mig_rule_number(z + (*z == '.'), &week);
    z = mig_rule_number(z + (*z == '.'), &weekday);
    if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return 0;
    day = mig_rule_weekday(year, month, week, weekday);
  } else {
    int julian = *z == 'J', new_year = mig_day_number(year, 1, 1);
    int leap = mig_day_number(year + 1, 1, 1) - new_year == 366;
    z = mig_rule_number(z + julian, &day);
    if (julian) day -= !(leap && day > 59); /* counts from 1, and never the leap day */
    day += new_year;
  }
  if (*z == '/') z = mig_rule_time(z + 1, &seconds);
  *moment = (sqlite3_int64)day * 86400 + seconds;
  return z;
}

/* The seconds from UTC that a rule means; 0: it is not understood. */
static int mig_rule_offset(const char *z, sqlite3_int64 now, int *offset) {
  int winter, summer, year = 1970;
  sqlite3_int64 begin, end;
  z = mig_rule_name(z);
  if (!z) return 0;
  z = mig_rule_time(z, &winter);
  *offset = winter = -winter;
  if (*z == '\n') return 1;
  z = mig_rule_name(z);
  if (!z) return 0;
  summer = -winter - 3600;
  if (*z != ',') z = mig_rule_time(z, &summer);
  summer = -summer;
  while ((sqlite3_int64)mig_day_number(year + 1, 1, 1) * 86400 <= now + winter) year++;
  z = *z == ',' ? mig_rule_moment(z + 1, year, &begin) : 0;
  z = z && *z == ',' ? mig_rule_moment(z + 1, year, &end) : 0;
  if (!z || *z != '\n') return 0;
  begin -= winter;
  end -= summer;
  if (begin < end ? now >= begin && now < end : now >= begin || now < end) *offset = summer;
  return 1;
}

/* ---- the file ---- */

typedef struct mig_zone_block {
  const char *times, *kinds, *types; /* when the offset changes, to which type, the types */
  size_t ntime, ntype, end;
} mig_zone_block;

static sqlite3_int64 mig_big_endian(const char *z, int n) {
  sqlite3_uint64 v = z[0] & 0x80 ? ~(sqlite3_uint64)0 : 0;
  while (n--) v = v << 8 | (unsigned char)*z++;
  return (sqlite3_int64)v;
}

/* Finds the parts of the block at byte `at`, whose times have `width` bytes. 0: it is none. */
static int mig_zone_block_at(const char *z, size_t n, size_t at, int width, mig_zone_block *b) {
  sqlite3_uint64 count[6], end;
  int i;
  if (at + 44 > n || memcmp(z + at, "TZif", 4) != 0) return 0;
  for (i = 0; i < 6; i++) { /* of UT marks, standard marks, leap seconds, times, types, letters */
    count[i] = (sqlite3_uint64)mig_big_endian(z + at + 20 + 4 * (size_t)i, 4) & 0xffffffffu;
  }
  end = at + 44 + count[3] * (sqlite3_uint64)(width + 1) + count[4] * 6 + count[5] +
        count[2] * (sqlite3_uint64)(width + 4) + count[1] + count[0];
  if (end > n || !count[4]) return 0;
  b->times = z + at + 44;
  b->kinds = b->times + count[3] * (sqlite3_uint64)width;
  b->types = b->kinds + count[3];
  b->ntime = (size_t)count[3];
  b->ntype = (size_t)count[4];
  b->end = (size_t)end;
  return 1;
}

/* The seconds from UTC at a moment, by the bytes of a file with a NUL behind them; 0: they are not
** understood. Since version 2 times of 8 bytes follow those of 4, and the rule for all that comes
** later follows these. */
static int mig_zone_offset(const char *z, size_t n, sqlite3_int64 now, int *offset) {
  mig_zone_block b;
  size_t i, kind;
  int width = 4;
  if (!mig_zone_block_at(z, n, 0, 4, &b)) return 0;
  if (z[4] >= '2') {
    width = 8;
    if (!mig_zone_block_at(z, n, b.end, 8, &b)) return 0;
  }
  for (i = 0; i < b.ntime; i++) {
    if (mig_big_endian(b.times + i * (size_t)width, width) > now) break;
  }
  if (width == 8 && i == b.ntime && z[b.end] == '\n' && z[b.end + 1] != '\n') {
    return mig_rule_offset(z + b.end + 1, now, offset);
  }
  kind = i ? (unsigned char)b.kinds[i - 1] : 0;
  if (kind >= b.ntype) return 0;
  *offset = (int)mig_big_endian(b.types + kind * 6, 4);
  return 1;
}

/* Where the file of a zone is; NULL: nowhere. */
static const char *mig_zone_file(mig_arena *a, const char *name) {
  const char *folders[] = {getenv("TZDIR"), "/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                           "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};
  size_t i;
  for (i = 0; i < sizeof folders / sizeof folders[0] && !mig_failed(a); i++) {
    const char *path = folders[i] && folders[i][0] ? mig_path_join(a, folders[i], name) : 0;
    if (path && mig_path_kind(a, path) == MIG_PATH_FILE) return path;
  }
  return 0;
}

/* The minutes from UTC of a named zone. As Alembic does, est is taken for EST. */
static int mig_zone_minutes(mig_arena *a, const char *name, sqlite3_int64 now) {
  const char *path = mig_zone_file(a, name), *z;
  char *upper = mig_copy(a, name);
  int offset = 0;
  size_t n, i;
  for (i = 0; upper && upper[i]; i++) {
    if (upper[i] >= 'a' && upper[i] <= 'z') upper[i] = (char)(upper[i] - 'a' + 'A');
  }
  if (!path && upper) path = mig_zone_file(a, upper);
  if (!path) {
    mig_fail(a, MIGRATE_CONFIG,
             "Can't locate timezone: %s; utc, local and offsets such as +02:00 need no time zone "
             "files",
             name);
  }
  z = path && !mig_failed(a) ? mig_file_read(a, path, &n) : 0;
  if (z && !mig_zone_offset(z, n, now, &offset)) {
    mig_fail(a, MIGRATE_FILE, "cannot read %s: it is not a time zone file", path);
  }
  return offset / 60;
}
