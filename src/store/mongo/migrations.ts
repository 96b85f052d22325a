import type { Collection, Db } from "mongodb";
import { META, type SchemaDocument } from "./meta.ts";
import { MigrationLease, type MigrationLeaseOptions } from "./migration_lease.ts";
import { MIGRATION_STEPS } from "./steps/mod.ts";
import type { MigrationStep } from "./steps/step.ts";

/**
 * Runs the steps that this database has not had, one instance at a time. A step is counted when it
 * is done, so one that a crash interrupted is run again. A database that is further than this
 * release is left unchanged: used if its steps only added to it, refused otherwise.
 *
 * Returns false for a database that is further than this release.
 */
export async function migrate(
  db: Db,
  steps: readonly MigrationStep[] = MIGRATION_STEPS,
  options: MigrationLeaseOptions = {},
): Promise<boolean> {
  const schema = db.collection<SchemaDocument>(META);
  const { version, minimum } = await readSchema(schema);
  requireSupported(version, minimum, steps.length);
  if (version > steps.length) return false;
  if (version === steps.length) return true;
  const lease = new MigrationLease(schema, options);
  await lease.take();
  try {
    let next = (await readSchema(schema)).version;
    const isDue = version > 0 && next < steps.length;
    if (isDue) options.log?.info("Migrating the database", { from: next, to: steps.length });
    for (; next < steps.length; next++) {
      await steps[next].run(db);
      await markDone(schema, lease.holder, next, steps[next]);
    }
  } finally {
    await lease.release();
  }
  return true;
}

/** Creates the document if it is missing, also for two concurrent instances. */
async function readSchema(schema: Collection<SchemaDocument>): Promise<SchemaDocument> {
  const found = await schema.findOne({ _id: "schema" });
  if (found !== null) return found;
  const first: SchemaDocument = { _id: "schema", version: 0, minimum: 0, migrator: null, beat: 0 };
  await schema.updateOne({ _id: "schema" }, { $setOnInsert: withoutId(first) }, { upsert: true });
  return (await schema.findOne({ _id: "schema" })) ?? first;
}

function withoutId({ _id, ...fields }: SchemaDocument): Omit<SchemaDocument, "_id"> {
  return fields;
}

function requireSupported(version: number, minimum: number, supported: number): void {
  if (minimum <= supported) return;
  throw new Error(
    `Cannot open the database: schema ${version} needs a release with at least ${minimum} steps, and this ` +
      `release has ${supported}: start the release that made it, or a later one`,
  );
}

/** Throws if another instance considered this one dead and has taken over the migration. */
async function markDone(
  schema: Collection<SchemaDocument>,
  holder: string,
  done: number,
  { name, breaksEarlierReleases }: MigrationStep,
): Promise<void> {
  const version = done + 1;
  const { matchedCount } = await schema.updateOne(
    { _id: "schema", migrator: holder, version: done },
    { $set: { version, ...(breaksEarlierReleases && { minimum: version }) } },
  );
  if (matchedCount === 1) return;
  throw new Error(`Cannot finish migration ${name}: another instance has taken it over`);
}
