/* Bar: how far a run has come, drawn on the terminal (stderr) when the setting progress is on and
** the run takes longer than a second. Nothing is drawn into a file or a pipe. */

#ifdef _WIN32
#include <io.h>
#define bar_isatty _isatty
#else
#include <unistd.h>
#define bar_isatty isatty
#endif

#define BAR_WIDTH 24
#define BAR_LATE 1000 /* milliseconds until it appears .. */
#define BAR_PAUSE 100 /* .. and between two drawings */

typedef struct bar {
  sqlite3_int64 began, drawn; /* milliseconds; 0: not yet */
} bar;

static sqlite3_int64 bar_now(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(0);
  sqlite3_int64 now = 0;
  if (vfs && vfs->iVersion >= 2 && vfs->xCurrentTimeInt64) vfs->xCurrentTimeInt64(vfs, &now);
  return now;
}

/* Of the revisions those that are done, and of the one at work the rows. */
static double bar_part(const migrate_progress *p) {
  double rows = p->total > 0 ? (double)p->done / (double)p->total : 0;
  return p->steps > 0 && p->step > 0 ? (p->step - 1 + rows) / p->steps : rows;
}

static void bar_draw(const migrate_progress *p) {
  char line[BAR_WIDTH + 1];
  double part = bar_part(p);
  int i;
  for (i = 0; i < BAR_WIDTH; i++) line[i] = i < (int)(part * BAR_WIDTH) ? '#' : '.';
  line[i] = 0;
  fprintf(stderr, "\r[%s] %3d %%", line, (int)(part * 100));
  if (p->steps) fprintf(stderr, "  %d of %d, %.20s", p->step, p->steps, p->revision);
  if (p->total) {
    fprintf(stderr, "  %.0f of %.0f %s", (double)p->done, (double)p->total,
            p->statement ? "rows" : "pages");
  }
  fprintf(stderr, "\033[K");
  fflush(stderr);
}

static int bar_progress(void *arg, const migrate_progress *p) {
  bar *b = (bar *)arg;
  sqlite3_int64 now = bar_now();
  if (!b->began) b->began = now;
  if (now - b->began < BAR_LATE || now - b->drawn < BAR_PAUSE || !bar_isatty(2)) return 0;
  b->drawn = now;
  bar_draw(p);
  return 0;
}

static void bar_end(const bar *b) {
  if (b->drawn) fprintf(stderr, "\r\033[K");
}
