/* Settings: the keys of migrate.ini and of migrate_set() as one table, their values checked when
** they are given, and the reader of migrate.ini. Text to data: the file's bytes and the process
** environment come in from the caller.
**
** A key has up to three values: its default, the file's, the program's; the later wins. All three
** are kept as text, so that taking the program's value back uncovers the file's. */

/* kind, key, default. Kinds: NAME is text that may not be empty, TEXT may, ZONE is a time zone,
** WORD is one of the words of mig_words, by default the one that means 0. `file` says which
** migrate.ini is read and cannot be in one. */
#define MIG_SETTINGS(X)                                                                \
  X(TEXT, file, "")                                                                    \
  X(NAME, script_location, "migrations")                                               \
  X(TEXT, version_locations, "")                                                       \
  X(NAME, file_template,                                                               \
    "%(year)d%(month).2d%(day).2d_%(hour).2d%(minute).2d_%(rev)s_%(slug)s")            \
  X(ZONE, timezone, "utc")                                                             \
  X(INT, truncate_slug_length, 40)                                                     \
  X(TEXT, target, "")                                                                  \
  X(TEXT, include, "")                                                                 \
  X(TEXT, exclude, "")                                                                 \
  X(NAME, version_table, "alembic_version")                                            \
  X(BOOL, journal, on)                                                                 \
  X(BOOL, compare_type, on)                                                            \
  X(BOOL, compare_server_default, on)                                                  \
  X(BOOL, transaction_per_migration, off)                                              \
  X(WORD, rebuild, auto)                                                               \
  X(WORD, dialect, sqlite)                                                             \
  X(INT, busy_timeout, 5000)                                                           \
  X(INT, lint_rows, 100000)                                                            \
  X(WORD, log_level, off)                                                              \
  X(BOOL, progress, off)                                                               \
  X(TEXT, backup, "")                                                                  \
  X(BOOL, backup_keep, on)

enum { MIG_KIND_NAME, MIG_KIND_TEXT, MIG_KIND_ZONE, MIG_KIND_BOOL, MIG_KIND_INT, MIG_KIND_WORD };

#define MIG_TYPE_NAME const char *
#define MIG_TYPE_TEXT const char *
#define MIG_TYPE_ZONE const char *
#define MIG_TYPE_BOOL int
#define MIG_TYPE_INT int
#define MIG_TYPE_WORD int

#define MIG_SETTING_ENUM(kind, key, value) MIG_SETTING_##key,
enum { MIG_SETTINGS(MIG_SETTING_ENUM) MIG_SETTING_COUNT };

enum { MIG_REBUILD_AUTO, MIG_REBUILD_PORTABLE, MIG_REBUILD_HOSTED }; /* the setting rebuild */
enum { MIG_DIALECT_SQLITE, MIG_DIALECT_D1 };                          /* dialect */
enum { MIG_FROM_FILE, MIG_FROM_PROGRAM, MIG_FROM_COUNT };

#define MIG_SETTING_FIELD(kind, key, value) MIG_TYPE_##kind key;
typedef struct mig_settings {
  MIG_SETTINGS(MIG_SETTING_FIELD) /* the values in force */
  const char *given[MIG_FROM_COUNT][MIG_SETTING_COUNT]; /* as text; NULL: not given */
  const char *ini;    /* the migrate.ini that was read; NULL: none */
  const char *folder; /* its folder, where relative paths begin; NULL: the current one */
  const char *env_sql; /* the text of env.sql, NULL: none; with its path */
  const char *env_path;
} mig_settings;

/* A default as a value, for a launch that reads no text of a setting, and as text. */
enum { MIG_IS_off, MIG_IS_on };
#define MIG_VALUE_NAME(value) value
#define MIG_VALUE_TEXT(value) value
#define MIG_VALUE_ZONE(value) value
#define MIG_VALUE_BOOL(value) MIG_IS_##value
#define MIG_VALUE_INT(value) value
#define MIG_VALUE_WORD(value) 0

#define MIG_SAID_NAME(value) value
#define MIG_SAID_TEXT(value) value
#define MIG_SAID_ZONE(value) value
#define MIG_SAID_BOOL(value) #value
#define MIG_SAID_INT(value) #value
#define MIG_SAID_WORD(value) #value

#define MIG_SETTING_INIT(kind, key, value) s->key = MIG_VALUE_##kind(value);
static void mig_settings_init(mig_settings *s) {
  memset(s, 0, sizeof(*s));
  MIG_SETTINGS(MIG_SETTING_INIT)
}

typedef struct mig_setting {
  const char *key, *value; /* value: the default */
  int kind;
  size_t offset; /* of the field in mig_settings */
} mig_setting;

#define MIG_SETTING_ROW(kind, key, value) \
  {#key, MIG_SAID_##kind(value), MIG_KIND_##kind, offsetof(mig_settings, key)},
static const mig_setting mig_setting_table[] = {MIG_SETTINGS(MIG_SETTING_ROW)};

typedef struct mig_setting_word {
  int setting;
  const char *word;
  int value;
} mig_setting_word;

static const mig_setting_word mig_words[] = {
  {MIG_SETTING_rebuild, "auto", MIG_REBUILD_AUTO},
  {MIG_SETTING_rebuild, "portable", MIG_REBUILD_PORTABLE},
  {MIG_SETTING_rebuild, "hosted", MIG_REBUILD_HOSTED},
  {MIG_SETTING_dialect, "sqlite", MIG_DIALECT_SQLITE},
  {MIG_SETTING_dialect, "d1", MIG_DIALECT_D1},
  {MIG_SETTING_log_level, "off", 0},
  {MIG_SETTING_log_level, "debug", MIGRATE_DEBUG},
  {MIG_SETTING_log_level, "info", MIGRATE_INFO},
  {MIG_SETTING_log_level, "warning", MIGRATE_WARNING},
  {MIG_SETTING_log_level, "error", MIGRATE_ERROR},
};
#define MIG_WORD_COUNT ((int)(sizeof(mig_words) / sizeof(mig_words[0])))

/* ---- keys ---- */

/* The index of a key, or -1. */
static int mig_setting_find(const char *key) {
  int i;
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    if (mig_same(mig_setting_table[i].key, key)) return i;
  }
  return -1;
}

#define MIG_KEY_MAX 32 /* longer words are no misspelt key */

/* The number of letters to insert, delete or replace to get from a to b (Levenshtein). */
static int mig_distance(const char *a, const char *b) {
  int row[MIG_KEY_MAX + 1], na = (int)strlen(a), nb = (int)strlen(b), i, j;
  if (na > MIG_KEY_MAX || MIG_NEVER(nb > MIG_KEY_MAX)) return MIG_KEY_MAX; /* b is one of ours */
  for (j = 0; j <= nb; j++) row[j] = j;
  for (i = 1; i <= na; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (j = 1; j <= nb; j++) {
      int best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[nb];
}

/* The known key that a misspelt one most likely means; NULL: none is near. */
static const char *mig_setting_guess(const char *key) {
  const char *guess = 0;
  int best = (int)strlen(key) / 3 + 1, i;
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    int d = mig_distance(key, mig_setting_table[i].key);
    if (d > best || (guess && d == best)) continue;
    best = d;
    guess = mig_setting_table[i].key;
  }
  return guess;
}

/* Whether a word may be repeated in a message. Only what looks like a key may: the file that was
** named by mistake could be a secret one. */
static int mig_key_shape(const char *key) {
  size_t i;
  for (i = 0; key[i]; i++) {
    if (i >= MIG_KEY_MAX || !((key[i] >= 'a' && key[i] <= 'z') || key[i] == '_')) return 0;
  }
  return i > 0;
}

static int mig_unknown_key(mig_arena *a, const char *key) {
  const char *guess = mig_setting_guess(key);
  mig_text all;
  int i;
  if (guess) {
    return mig_fail(a, MIGRATE_CONFIG, "unknown setting %s; did you mean %s?", key, guess);
  }
  mig_text_init(&all, a);
  for (i = 0; i < MIG_SETTING_COUNT; i++) {
    mig_putf(&all, "%s%s", i ? ", " : "", mig_setting_table[i].key);
  }
  return mig_fail(a, MIGRATE_CONFIG, "unknown setting%s%s; the settings are %s",
                  mig_key_shape(key) ? " " : "", mig_key_shape(key) ? key : "",
                  mig_text_z(&all));
}

/* ---- values ---- */

/* Reads a boolean word: 1, 0, or -1 for none. */
static int mig_bool(const char *z) {
  static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};
  int i;
  for (i = 0; i < 8; i++) {
    if (mig_same(words[i], z)) return i % 2;
  }
  return -1;
}

/* Reads a whole decimal number from 0 on; -1: it is none, or too large. */
static int mig_number(const char *z) {
  int n = 0;
  if (!*z) return -1;
  for (; *z; z++) {
    if (*z < '0' || *z > '9' || n > (INT_MAX - 9) / 10) return -1;
    n = n * 10 + (*z - '0');
  }
  return n;
}

enum { MIG_ZONE_BAD = -1, MIG_ZONE_FIXED, MIG_ZONE_LOCAL, MIG_ZONE_NAMED };

static int mig_two_digits(const char *z) {
  if (z[0] < '0' || z[0] > '9' || z[1] < '0' || z[1] > '9') return -1;
  return (z[0] - '0') * 10 + (z[1] - '0');
}

/* Whether a text looks like the name of a time zone, Europe/Berlin: a file is called so. */
static int mig_is_zone_name(const char *z) {
  size_t i, n = strlen(z);
  for (i = 0; i < n; i++) {
    int c = (unsigned char)z[i];
    int letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    int begins = i == 0 || z[i - 1] == '/';
    if (!letter && (begins || !strchr("0123456789_+-/", c))) return 0;
  }
  return n > 0 && n <= 64 && z[n - 1] != '/';
}

/* Reads a time zone: utc (or nothing), local, an offset +HH:MM, +HHMM, +HH, each also behind utc,
** or the name of a place, for which the files of the system are asked when it is needed. */
static int mig_zone(const char *z, int *minutes) {
  int sign, hour, minute = 0;
  *minutes = 0;
  if (mig_same(z, "local")) return MIG_ZONE_LOCAL;
  if (sqlite3_strnicmp(z, "utc", 3) == 0) z += 3;
  if (!*z) return MIG_ZONE_FIXED;
  if (*z != '+' && *z != '-') return mig_is_zone_name(z) ? MIG_ZONE_NAMED : MIG_ZONE_BAD;
  sign = *z == '-' ? -1 : 1;
  hour = mig_two_digits(++z);
  if (hour < 0 || hour > 23) return MIG_ZONE_BAD;
  z += 2;
  if (*z == ':') z++;
  if (*z) {
    minute = mig_two_digits(z);
    if (minute < 0 || minute > 59 || z[2]) return MIG_ZONE_BAD;
  } else if (z[-1] == ':') {
    return MIG_ZONE_BAD;
  }
  *minutes = sign * (hour * 60 + minute);
  return MIG_ZONE_FIXED;
}

/* What a value of a setting looks like, for messages. */
static char *mig_setting_shape(mig_arena *a, int setting) {
  mig_text t;
  int i;
  switch (mig_setting_table[setting].kind) {
    case MIG_KIND_BOOL: return mig_copy(a, "on or off");
    case MIG_KIND_INT: return mig_copy(a, "a whole number");
    case MIG_KIND_ZONE:
      return mig_copy(a, "utc, local, an offset such as +02:00 or a name such as Europe/Berlin");
    case MIG_KIND_WORD: break;
    default: return mig_copy(a, "a text that is not empty");
  }
  mig_text_init(&t, a);
  for (i = 0; i < MIG_WORD_COUNT; i++) {
    if (mig_words[i].setting != setting) continue;
    mig_putf(&t, "%s%s", t.n ? ", " : "one of ", mig_words[i].word);
  }
  return t.z;
}

static int mig_word_value(int setting, const char *value) {
  int i;
  for (i = 0; i < MIG_WORD_COUNT; i++) {
    if (mig_words[i].setting == setting && mig_same(mig_words[i].word, value)) {
      return mig_words[i].value;
    }
  }
  return -1;
}

/* The number that a value means (0 for a text that is right), or -1 when it is not valid. */
static int mig_setting_value(int setting, const char *value) {
  int minutes;
  switch (mig_setting_table[setting].kind) {
    case MIG_KIND_BOOL: return mig_bool(value);
    case MIG_KIND_INT: return mig_number(value);
    case MIG_KIND_WORD: return mig_word_value(setting, value);
    case MIG_KIND_ZONE: return mig_zone(value, &minutes) == MIG_ZONE_BAD ? -1 : 0;
    case MIG_KIND_NAME: return *value ? 0 : -1;
    default: return 0;
  }
}

/* The text in force: the program's, else the file's, else the default. */
static const char *mig_setting_text(const mig_settings *s, int setting) {
  if (s->given[MIG_FROM_PROGRAM][setting]) return s->given[MIG_FROM_PROGRAM][setting];
  if (s->given[MIG_FROM_FILE][setting]) return s->given[MIG_FROM_FILE][setting];
  return mig_setting_table[setting].value;
}

static void mig_setting_apply(mig_settings *s, int setting) {
  const char *value = mig_setting_text(s, setting);
  void *field = (char *)s + mig_setting_table[setting].offset;
  switch (mig_setting_table[setting].kind) {
    case MIG_KIND_BOOL:
    case MIG_KIND_INT:
    case MIG_KIND_WORD: *(int *)field = mig_setting_value(setting, value); break;
    default: *(const char **)field = value;
  }
}

/* Gives a setting a value, from MIG_FROM_FILE or MIG_FROM_PROGRAM; NULL takes it back. */
static int mig_settings_put(mig_arena *a, mig_settings *s, const char *key, const char *value,
                            int from) {
  int setting = mig_setting_find(key);
  if (mig_failed(a)) return a->fault->code;
  if (setting < 0) return mig_unknown_key(a, key);
  if (value && mig_setting_value(setting, value) < 0) {
    return mig_fail(a, MIGRATE_CONFIG, "setting %s must be %s, not '%.40s'",
                    mig_setting_table[setting].key, mig_setting_shape(a, setting), value);
  }
  value = mig_copy(a, value);
  if (mig_failed(a)) return a->fault->code;
  s->given[from][setting] = value;
  mig_setting_apply(s, setting);
  return MIGRATE_OK;
}

/* ---- migrate.ini ---- */

/* Looks up a variable of the process environment; NULL: not set. */
typedef const char *(*mig_lookup)(void *arg, const char *name);

static int mig_ini_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static int mig_is_variable(char c, int first) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_') return 1;
  return !first && c >= '0' && c <= '9';
}

/* The n bytes of a value with each ${NAME} replaced; $${ stands for ${ itself. */
static char *mig_expand(mig_arena *a, const char *z, size_t n, mig_lookup lookup, void *arg) {
  mig_text t;
  size_t i, end;
  mig_text_init(&t, a);
  mig_putn(&t, "", 0);
  for (i = 0; i < n && !mig_failed(a); i = end) {
    const char *name, *value;
    end = i + 1;
    if (z[i] == '$' && i + 2 < n && z[i + 1] == '$' && z[i + 2] == '{') {
      mig_put(&t, "${");
      end = i + 3;
      continue;
    }
    if (z[i] != '$' || end >= n || z[end] != '{') {
      mig_putn(&t, z + i, 1);
      continue;
    }
    for (end++; end < n && mig_is_variable(z[end], end == i + 2); end++) {}
    if (end >= n || z[end] != '}' || end == i + 2) {
      mig_fail(a, MIGRATE_CONFIG, "${ needs a name and a closing }; $${ stands for itself");
      return 0;
    }
    name = mig_copyn(a, z + i + 2, end - i - 2);
    value = name ? lookup(arg, name) : 0;
    if (name && !value) {
      mig_fail(a, MIGRATE_CONFIG, "environment variable %s is not set", name);
    } else if (value) {
      mig_put(&t, value);
    }
    end++;
  }
  return t.z;
}

/* One line `key = value`, without blanks at its ends. */
static void mig_ini_pair(mig_arena *a, mig_settings *s, const char *z, size_t n, mig_lookup lookup,
                         void *arg) {
  size_t equals, nkey, from;
  char *key, *value;
  int setting;
  for (equals = 0; equals < n && z[equals] != '='; equals++) {}
  if (equals == n) {
    mig_fail(a, MIGRATE_CONFIG, "neither a comment, a [section] nor key = value");
    return;
  }
  for (nkey = equals; nkey && mig_ini_blank(z[nkey - 1]); nkey--) {}
  for (from = equals + 1; from < n && mig_ini_blank(z[from]); from++) {}
  key = mig_copyn(a, z, nkey);
  if (!key) return;
  setting = mig_setting_find(key);
  if (setting == MIG_SETTING_file) {
    mig_fail(a, MIGRATE_CONFIG, "setting file says which migrate.ini is read, it cannot be in one");
    return;
  }
  if (setting >= 0 && s->given[MIG_FROM_FILE][setting]) {
    mig_fail(a, MIGRATE_CONFIG, "setting %s is given twice", mig_setting_table[setting].key);
    return;
  }
  value = setting < 0 ? key : mig_expand(a, z + from, n - from, lookup, arg);
  if (value) mig_settings_put(a, s, key, value, MIG_FROM_FILE);
}

/* [migrate], or [alembic] in a file that is carried over. Others are an error: a misspelt section
** would silently turn off all that follows. */
static void mig_ini_section(mig_arena *a, const char *z, size_t n) {
  if (n == 9 && (memcmp(z, "[migrate]", 9) == 0 || memcmp(z, "[alembic]", 9) == 0)) return;
  mig_fail(a, MIGRATE_CONFIG, "unknown section; settings stand under [migrate]");
}

/* Reads the text of a migrate.ini; `file` names it in messages. The values that an earlier file
** gave are forgotten. */
static int mig_settings_read(mig_arena *a, mig_settings *s, const char *file, const char *z,
                             size_t n, mig_lookup lookup, void *arg) {
  size_t at, end;
  int line = 0, i;
  if (mig_failed(a)) return a->fault->code;
  for (i = 0; i < MIG_SETTING_COUNT; i++) s->given[MIG_FROM_FILE][i] = 0;
  at = n >= 3 && memcmp(z, "\357\273\277", 3) == 0 ? 3 : 0;
  for (; at < n && !mig_failed(a); at = end + 1) {
    size_t from = at, to;
    for (end = at; end < n && z[end] != '\n'; end++) {}
    line++;
    for (to = end; to > from && mig_ini_blank(z[to - 1]); to--) {}
    while (from < to && mig_ini_blank(z[from])) from++;
    if (memchr(z + at, 0, end - at)) {
      mig_fail(a, MIGRATE_CONFIG, "a NUL byte; the file is not a text");
    } else if (from == to || z[from] == '#' || z[from] == ';') {
      continue;
    } else if (z[from] == '[') {
      mig_ini_section(a, z + from, to - from);
    } else {
      mig_ini_pair(a, s, z + from, to - from, lookup, arg);
    }
  }
  for (i = 0; i < MIG_SETTING_COUNT; i++) mig_setting_apply(s, i);
  mig_fault_context(a, "%s:%d: ", file, line);
  return a->fault->code;
}

/* ---- paths ---- */

static int mig_path_is_absolute(const char *path) {
  if (path[0] == '/' || path[0] == '\\') return 1;
  return path[0] && path[1] == ':' && (path[2] == '/' || path[2] == '\\');
}

/* folder/name; the name alone when the folder is NULL or "", or the name absolute. */
static char *mig_path_join(mig_arena *a, const char *folder, const char *name) {
  size_t n = folder ? strlen(folder) : 0;
  if (!n || mig_path_is_absolute(name)) return mig_copy(a, name);
  if (folder[n - 1] == '/' || folder[n - 1] == '\\') return mig_format(a, "%s%s", folder, name);
  return mig_format(a, "%s/%s", folder, name);
}

/* The folder part of a path, "" for none. */
static char *mig_path_folder(mig_arena *a, const char *path) {
  size_t n = strlen(path);
  while (n && path[n - 1] != '/' && path[n - 1] != '\\') n--;
  while (n > 1 && (path[n - 1] == '/' || path[n - 1] == '\\')) n--;
  return mig_copyn(a, path, n);
}

/* A path that a setting holds: what the program gave begins where the program is, what the file
** gave (or the default stands for) begins where the file is. */
static char *mig_setting_path(mig_arena *a, const mig_settings *s, int setting,
                                     const char *path) {
  return mig_path_join(a, s->given[MIG_FROM_PROGRAM][setting] ? 0 : s->folder, path);
}
