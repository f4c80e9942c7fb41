/* Step: a run of revisions one at a time, between which the program does as it likes. */

MIGRATE_API int migrate_prepare(migrate *m, const char *target) {
  mig_run *r;
  if (mig_begin_call(m)) return migrate_errcode(m);
  r = (mig_run *)mig_alloc(&m->work, sizeof *r);
  if (r && target) {
    r->command.target = mig_copy(&m->work, target);
    r->command.verb = mig_verb_towards(m, target);
  } else {
    mig_fail(&m->work, MIGRATE_MISUSE, "the target is NULL: say which revision");
  }
  if (!mig_failed(&m->work)) m->run = r;
  return mig_end_call(m);
}

/* No step is left, or one has failed: commits or undoes. */
static int mig_step_end(migrate *m) {
  mig_run_close(m);
  mig_return_handler(m);
  m->run = 0;
  return mig_end_call(m);
}

MIGRATE_API int migrate_step(migrate *m) {
  mig_run *r;
  int rc;
  if (!m) return SQLITE_NOMEM;
  r = m->run;
  if (m->fault.code) return r ? mig_step_end(m) : m->fault.code;
  if (!r) {
    mig_fail(&m->work, MIGRATE_MISUSE, "no run is prepared: migrate_prepare() comes first");
    return mig_end_call(m);
  }
  mig_borrow_handler(m);
  if (m->depth) mig_stay_awake(m);
  mig_forget_catalogs(m); /* the program may have changed the schema meanwhile */
  if (!r->plan && mig_run_is_due(m, r)) mig_run_open(m, r);
  if (r->plan && mig_run_next(m, r) && mig_catch_up(m)) {
    mig_fall_asleep(m);
    mig_return_handler(m);
    return SQLITE_ROW;
  }
  rc = mig_step_end(m);
  return rc ? rc : SQLITE_DONE;
}

MIGRATE_API int migrate_run(migrate *m) {
  int rc;
  do {
    rc = migrate_step(m);
  } while (rc == SQLITE_ROW);
  return rc == SQLITE_DONE ? MIGRATE_OK : rc;
}
