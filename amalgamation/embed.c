/* Embed: the revisions as a C header, for programs that carry them along. */

/* A piece of text in a C literal; what is not plain ASCII as three octal digits, which end by
** themselves. */
static void mig_put_c_bytes(mig_text *t, const char *z, size_t n) {
  size_t from = 0, i;
  for (i = 0; i < n; i++) {
    unsigned char c = (unsigned char)z[i];
    char octal[4];
    if (c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '?') continue;
    mig_putn(t, z + from, i - from);
    octal[0] = (char)('0' + (c >> 6));
    octal[1] = (char)('0' + ((c >> 3) & 7));
    octal[2] = (char)('0' + (c & 7));
    octal[3] = 0;
    mig_put(t, "\\");
    if (c == '\n') mig_put(t, "n");
    else if (c == '"' || c == '\\' || c == '?') mig_putn(t, z + i, 1); /* \? : no trigraph */
    else mig_put(t, octal);
    from = i + 1;
  }
  mig_putn(t, z + from, n - from);
}

/* A string, a line of it a line of the header; 0 for none. */
static void mig_put_c_string(mig_text *t, const char *indent, const char *z) {
  const char *end;
  if (!z || !*z) {
    mig_put(t, "0");
    return;
  }
  for (; *z; z = end) {
    const char *newline = strchr(z, '\n');
    end = newline ? newline + 1 : z + strlen(z);
    mig_put(t, "\"");
    mig_put_c_bytes(t, z, (size_t)(end - z));
    mig_put(t, "\"");
    if (*end) mig_put(t, indent);
  }
}

/* A section's text, with the lines before it that an array has no field for: see
** mig_take_opening(). An empty section is not the same as none. */
static void mig_put_c_section(mig_text *t, const mig_section *section, const char *compat,
                              const char *marker) {
  mig_text z;
  mig_text_init(&z, t->a);
  if (compat) mig_putf(&z, "-- compat: %s\n", compat);
  if (section->outside) mig_putf(&z, "%s transaction:false\n", marker);
  else if (compat && section->sql && !*section->sql) mig_putf(&z, "%s\n", marker);
  if (section->sql) mig_put(&z, section->sql);
  if (section->sql && !z.n) mig_put(t, "\"\"");
  else mig_put_c_string(t, "\n     ", z.z);
}

static void mig_put_c_revision(mig_text *t, const mig_revision *r) {
  mig_arena *a = t->a;
  const char *words[6];
  int i;
  words[0] = r->id;
  words[1] = mig_join(a, r->down);
  words[2] = mig_join(a, r->depends);
  words[3] = mig_join(a, r->labels);
  words[4] = r->message;
  words[5] = r->create_date;
  mig_put(t, "    {");
  for (i = 0; i < 6; i++) {
    mig_put_c_string(t, "\n     ", words[i]);
    mig_put(t, i < 5 ? ", " : ",\n     ");
  }
  mig_put_c_section(t, &r->upgrade, r->compat, "-- migrate:up");
  mig_put(t, ",\n     ");
  mig_put_c_section(t, &r->downgrade, 0, "-- migrate:down");
  mig_put(t, ",\n     0, 0, 0},\n");
}

MIGRATE_API int migrate_embed(migrate *m) {
  mig_graph *g;
  int i;
  if (mig_begin_call(m)) return migrate_errcode(m);
  g = mig_graph_of(m);
  if (g && !g->n) {
    mig_fail(&m->work, MIGRATE_NO_REVISION, "there are no revisions to be embedded");
  }
  mig_put(&m->result,
          "/* Made by migrate_embed(): the revisions, parents first. After migrate.h:\n"
          "**   migrate_add(m, migrate_revisions, MIGRATE_REVISIONS); */\n"
          "#if defined(__GNUC__)\n#pragma GCC diagnostic push\n"
          "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n#endif\n"
          "static const migrate_revision migrate_revisions[] = {\n");
  for (i = 0; g && i < g->n && !mig_failed(&m->work); i++) {
    mig_put_c_revision(&m->result, g->nodes[g->order[i]].rev);
  }
  mig_put(&m->result,
          "};\n#if defined(__GNUC__)\n#pragma GCC diagnostic pop\n#endif\n"
          "#define MIGRATE_REVISIONS "
          "((int)(sizeof migrate_revisions / sizeof migrate_revisions[0]))\n");
  return mig_end_call(m);
}
