/* Ladder: the statements of a change by the rung that was chosen, between the checks that are the
** same for all. */

/* Strings in double quotes in the indexes of the table, which a new column's name would capture. */
static void mig_lower_index_strings(mig_lowering *l) {
  const mig_alteration *c = l->c;
  mig_object *o = 0;
  int i;
  while ((o = mig_objects_of(l->catalog, c->old.name, o)) != 0 && !mig_failed(l->a)) {
    const char *sql = o->sql;
    mig_index x;
    for (i = 0; sql && mig_is_type(o, "index") && i < c->now.ncolumn; i++) {
      if (c->origins[i].from >= 0 || mig_parse_index(l->a, sql, &x)) continue;
      sql = mig_keep_strings(l->a, sql, x.where, c->now.columns[i].name);
      if (!sql || mig_parse_index(l->a, sql, &x)) return;
      sql = mig_keep_strings(l->a, sql, x.list, c->now.columns[i].name);
    }
    if (sql && o->sql && sql != o->sql) {
      mig_emit_text_edit(l, o, sql, "a string in double quotes stays one beside the new column");
    }
  }
}

static void mig_lower_native_add(mig_lowering *l) {
  mig_text z;
  mig_text_init(&z, l->a);
  mig_put(&z, "ALTER TABLE ");
  mig_put_object(&z, l->schema, l->c->old.name);
  mig_putf(&z, " ADD COLUMN %s", l->c->alter->first->text);
  mig_emit(l->out, MIG_S_SCHEMA, z.z, "rows need not be written");
}

/* Puts the statements of the change into l->out. `table` is its row in the catalog. */
static mig_choice mig_lower_change(mig_lowering *l, mig_object *table) {
  mig_choice choice = mig_choose(l->c, l->d, l->facts);
  l->out->strategy = mig_rung_name(choice.rung);
  l->out->why = choice.reason;
  mig_lower_refusals(l);
  if (choice.rung < MIG_PORTABLE_REBUILD) mig_lower_index_strings(l);
  mig_lower_null_checks(l);
  mig_lower_fk_baselines(l, 0);
  if (choice.rung == MIG_NATIVE) mig_lower_native_add(l);
  else if (choice.rung == MIG_SCHEMA_EDIT) mig_lower_by_edit(l, table);
  else if (choice.rung == MIG_REBUILD) mig_lower_by_rebuild(l, table);
  else if (choice.rung == MIG_HOSTED_REBUILD) mig_lower_by_hosted(l, table, l->c);
  else mig_lower_by_portable(l);
  if (choice.rung == MIG_REBUILD && l->d->autoincrement) mig_lower_sequence(l);
  if (choice.rung == MIG_SCHEMA_EDIT) mig_lower_null_checks_after(l);
  if (choice.rung < MIG_REBUILD) mig_lower_strict_defaults(l);
  mig_lower_readable_checks(l);
  mig_lower_strict_generated(l);
  mig_lower_check_checks(l);
  mig_lower_fk_checks(l);
  mig_lower_fk_baselines(l, 1);
  return choice;
}
