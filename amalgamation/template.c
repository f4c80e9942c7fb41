/* Template: what a new revision file holds, and how it is called. */

static const char mig_template[] =
    "-- ${message}\n"
    "-- revision: ${revision}\n"
    "-- down_revision: ${down_revision}\n"
    "-- branch_labels: ${branch_labels}\n"
    "-- depends_on: ${depends_on}\n"
    "-- create_date: ${create_date}\n"
    "\n"
    "-- migrate:up\n"
    "${upgrade}\n"
    "-- migrate:down\n"
    "${downgrade}";

/* ---- New files ---- */

/* 12 random hexadecimal digits. */
static const char *mig_new_id(mig_arena *a) {
  unsigned char b[6];
  sqlite3_randomness((int)sizeof b, b);
  return mig_format(a, "%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static const char *mig_template_value(mig_arena *a, const mig_revision *rev, const char *name,
                                      size_t n) {
  if (mig_word_is(name, n, "message")) return rev->message;
  if (mig_word_is(name, n, "revision")) return rev->id;
  if (mig_word_is(name, n, "down_revision")) return mig_join(a, rev->down);
  if (mig_word_is(name, n, "branch_labels")) return mig_join(a, rev->labels);
  if (mig_word_is(name, n, "depends_on")) return mig_join(a, rev->depends);
  if (mig_word_is(name, n, "create_date")) return rev->create_date;
  if (mig_word_is(name, n, "upgrade")) return rev->upgrade.sql ? rev->upgrade.sql : "";
  if (mig_word_is(name, n, "downgrade")) return rev->downgrade.sql ? rev->downgrade.sql : "";
  return 0;
}

/* A message that would be read as a key or a marker cannot be the first line of a file. */
static void mig_check_message(mig_arena *a, const char *message) {
  size_t n = strlen(message), length = mig_key_length(message, n);
  if ((length && mig_known_key(message, length) >= 0) || mig_nearly_key(message, n) >= 0 ||
      strncmp(message, "migrate:", 8) == 0) {
    mig_fail(a, MIGRATE_MISUSE, "the message would be read as a line of the header: %s", message);
  }
}

/* The text of a new revision file: the template with its ${..} replaced. */
static const char *mig_script_render(mig_arena *a, const char *path, const char *tmpl,
                                     const mig_revision *rev) {
  mig_text t;
  const char *from = tmpl, *dollar;
  mig_text_init(&t, a);
  mig_check_message(a, rev->message);
  while (!mig_failed(a) && (dollar = strstr(from, "${")) != 0) {
    const char *end = strchr(dollar, '}');
    size_t n = end ? (size_t)(end - dollar) - 2 : 0;
    const char *value = end ? mig_template_value(a, rev, dollar + 2, n) : 0;
    if (!value) {
      mig_fail(a, MIGRATE_CONFIG, "%s:%d: unknown token '${%.*s}' in the template", path,
               mig_place_of(tmpl, (size_t)(dollar - tmpl)).line, (int)(n < 40 ? n : 40),
               dollar + 2);
      return 0;
    }
    mig_putn(&t, from, (size_t)(dollar - from));
    mig_put(&t, value);
    from = end + 1;
    if (*value || !strchr("\r\n", *from)) continue;
    while (t.n && t.z[t.n - 1] == ' ') t.n--; /* no blank ends a line */
  }
  mig_put(&t, from);
  return mig_failed(a) ? 0 : mig_text_z(&t);
}

/* The words of a message, in lower case and joined by '_'; cut at a '_' where there are more than
** `most` characters. */
static const char *mig_slug(mig_arena *a, const char *message, int most) {
  char *slug = (char *)mig_alloc(a, strlen(message) + 2);
  size_t n = 0, cut = 0, i;
  int chars = 0;
  for (i = 0; message[i] && slug; i++) {
    int c = (unsigned char)message[i];
    if (mig_is_word_start(c) || mig_is_digit(c)) {
      slug[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    } else if (n && slug[n - 1] != '_') {
      slug[n++] = '_';
    }
  }
  while (n && slug[n - 1] == '_') n--;
  for (i = 0; i < n; i++) {
    chars += (slug[i] & 0xc0) != 0x80;
    if (chars <= most) cut = i + 1;
  }
  if (slug && chars > most) {
    for (n = cut; n && slug[n - 1] != '_'; n--) {
    }
    n = n ? n - 1 : cut;
    slug[n++] = '_';
  }
  if (slug) slug[n] = 0;
  return slug;
}

/* What the name of a new file is made of. */
typedef struct mig_file_facts {
  const char *id, *slug;
  int year, month, day, hour, minute, second;
  sqlite3_int64 epoch;
} mig_file_facts;

static int mig_file_number(const mig_file_facts *f, const char *z, size_t n, sqlite3_int64 *value) {
  if (mig_word_is(z, n, "year"))
    *value = f->year;
  else if (mig_word_is(z, n, "month"))
    *value = f->month;
  else if (mig_word_is(z, n, "day"))
    *value = f->day;
  else if (mig_word_is(z, n, "hour"))
    *value = f->hour;
  else if (mig_word_is(z, n, "minute"))
    *value = f->minute;
  else if (mig_word_is(z, n, "second"))
    *value = f->second;
  else if (mig_word_is(z, n, "epoch"))
    *value = f->epoch;
  else
    return 0;
  return 1;
}

/* Puts what %(name)s or %(name).2d means, z standing behind the parenthesis; returns the rest, or
** NULL where it means nothing. */
static const char *mig_put_file_token(mig_text *t, const char *z, const mig_file_facts *f) {
  const char *end = strchr(z, ')');
  size_t n = end ? (size_t)(end - z) : 0;
  sqlite3_int64 value = 0;
  int digits = 0;
  if (!end) return 0;
  for (end++; *end == '.' || mig_is_digit((unsigned char)*end); end++) {
    if (*end != '.' && digits < 10) digits = digits * 10 + (*end - '0');
  }
  if (mig_word_is(z, n, "rev") && *end == 's')
    mig_put(t, f->id);
  else if (mig_word_is(z, n, "slug") && *end == 's')
    mig_put(t, f->slug);
  else if (mig_file_number(f, z, n, &value) && (*end == 'd' || *end == 's')) {
    mig_putf(t, "%0*lld", digits > 20 ? 20 : digits, value);
  } else {
    return 0;
  }
  return end + 1;
}

/* The name of a new file by Alembic's file_template, in which a % may be doubled. */
static const char *mig_file_name(mig_arena *a, const char *tmpl, const mig_file_facts *f) {
  mig_text t;
  const char *z = tmpl;
  mig_text_init(&t, a);
  while (*z && !mig_failed(a)) {
    const char *token = z;
    if (*z != '%') {
      mig_putn(&t, z++, 1);
      continue;
    }
    if (z[1] == '%') z++;
    if (z[1] != '(') {
      mig_putn(&t, z++, 1);
      continue;
    }
    z = mig_put_file_token(&t, z + 2, f);
    if (!z) {
      mig_fail(a, MIGRATE_CONFIG, "file_template: no such token: %.40s", token);
      return 0;
    }
  }
  mig_put(&t, ".sql");
  if (!mig_failed(a) && (strpbrk(t.z, "/\\:") || t.z[0] == '.')) {
    mig_fail(a, MIGRATE_CONFIG, "file_template makes '%s', which is not the name of a file", t.z);
  }
  return mig_failed(a) ? 0 : t.z;
}
