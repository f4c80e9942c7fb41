/* Fuzzes the reader of revision files: what it takes is put together again and read the same way,
** sections are pieces of the file, and remarks do not change the checksum. */
#include "fuzz.h"

#define MIGRATE_STATIC
#include "../../amalgamation/api.h"

static const char *migrate_strerror(int code) { return code ? "error" : "not an error"; }

#include "../../amalgamation/arena.c"
#include "../../amalgamation/fault.c"
#include "../../amalgamation/text.c"
#include "../../amalgamation/token.c"
#include "../../amalgamation/model.c"
#include "../../amalgamation/revision.c"
#include "../../amalgamation/script.c"
#include "../../amalgamation/template.c"

static const char *const fragments[] = {"-- ",
                                        "--",
                                        "\n",
                                        "\r\n",
                                        " ",
                                        "revision: ",
                                        "revision: a1\n",
                                        "-- revision: b.2\n",
                                        "down_revision: ",
                                        "-- down_revision: a, b\n",
                                        "branch_labels: ",
                                        "-- branch_labels: l-1\n",
                                        "depends_on: ",
                                        "-- depends_on: a\n",
                                        "create_date: ",
                                        "compat: ",
                                        "-- compat: a\n",
                                        "x: ",
                                        "migrate:up",
                                        "-- migrate:up\n",
                                        "-- migrate:down\n",
                                        "migrate:down",
                                        "migrate:",
                                        "-- migrate:up transaction:false\n",
                                        "transaction:true",
                                        "-- migrate:allow x\n",
                                        "migrate:renamed_from y",
                                        "message",
                                        "a",
                                        "B",
                                        ",",
                                        ", ",
                                        ":",
                                        "SELECT 1;",
                                        "SELECT ';'; ",
                                        "'",
                                        "\"",
                                        "/*",
                                        "*/",
                                        "/* c */",
                                        "CREATE TRIGGER r AFTER INSERT ON t BEGIN ",
                                        "END; ",
                                        "; ",
                                        "BEGIN; ",
                                        "PRAGMA foreign_keys = 1; ",
                                        "PRAGMA x.journal_mode(y); ",
                                        "VACUUM; ",
                                        ".read x\n",
                                        "\xef\xbb\xbf",
                                        "(",
                                        ")",
                                        "\t",
                                        "x'00'",
                                        "1e3 ",
                                        "\xc3\xa4"};

FUZZ_MUTATOR(fragments)

/* The sections stand in the file, each in one piece, and say which line they begin at. */
static void check_section(mig_arena *a, const mig_revision *rev, int upgrade, const char *z) {
  const mig_section *s = upgrade ? &rev->upgrade : &rev->downgrade;
  const char *line = z;
  int i;
  if (!s->sql) {
    if (s->line) fuzz_wrong(z, "a section without text");
    return;
  }
  for (i = 1; i < s->line && line; i++) {
    line = strchr(line, '\n');
    if (line) line++;
  }
  if (line ? strncmp(line, s->sql, strlen(s->sql)) != 0 : *s->sql != 0) {
    fuzz_wrong(z, "the section's line");
  }
  mig_check_section(a, rev, upgrade);
  mig_fault_clear(a->fault);
}

/* The same revision by the template. */
static void check_again(mig_arena *a, const mig_revision *rev, const char *z) {
  const char *text = mig_script_render(a, "t", mig_template, rev);
  mig_revision again;
  if (mig_failed(a)) {
    mig_fault_clear(a->fault); /* the message would be read as a key */
    return;
  }
  mig_script_parse(a, "again", text, strlen(text), &again);
  if (mig_failed(a)) {
    if (rev->upgrade.sql && (strchr(rev->upgrade.sql, '/') || strpbrk(rev->upgrade.sql, "'\"`["))) {
      mig_fault_clear(a->fault); /* it may end inside a comment or a quote */
      return;
    }
    fuzz_wrong(z, mig_fault_text(a->fault));
  }
  if (strcmp(again.id, rev->id) != 0 || strcmp(again.message, rev->message) != 0 ||
      again.down.n != rev->down.n || again.labels.n != rev->labels.n ||
      again.depends.n != rev->depends.n) {
    fuzz_wrong(z, text);
  }
}

/* A remark and white space before a section change nothing of what it means. */
static void check_meaning(mig_arena *a, const mig_revision *rev, const char *z) {
  mig_revision other = *rev;
  if (!rev->upgrade.sql) return;
  other.upgrade.sql = mig_format(a, "\r\n-- remark\n/* remark */ ;%s", rev->upgrade.sql);
  if (strcmp(mig_checksum(a, rev), mig_checksum(a, &other)) != 0) fuzz_wrong(z, "the checksum");
}

static void fuzz_one(const uint8_t *data, size_t n) {
  char *z = fuzz_text(data, n, fragments, FUZZ_COUNT(fragments));
  mig_fault fault;
  mig_arena a;
  mig_revision rev;
  memset(&fault, 0, sizeof fault);
  mig_arena_init(&a, &fault);
  mig_script_parse(&a, "file", z, strlen(z), &rev);
  if (!mig_failed(&a)) {
    if (!*rev.id) fuzz_wrong(z, "no id");
    check_section(&a, &rev, 1, z);
    check_section(&a, &rev, 0, z);
    check_meaning(&a, &rev, z);
    check_again(&a, &rev, z);
  } else if (!fault.message || strncmp(fault.message, "file:", 5) != 0) {
    fuzz_wrong(z, "an error that names no line");
  }
  mig_fault_clear(&fault);
  mig_arena_free(&a);
  sqlite3_free(z);
}

#ifndef FUZZING
int main(void) { return fuzz_replay("tests/fuzz/corpus/script"); }
#endif
