import { step as incarnation } from "./0001_incarnation.ts";
import { step as storageUsage } from "./0002_storage_usage.ts";
import { step as searchTerms } from "./0003_search_terms.ts";
import { step as emojiInOneForm } from "./0004_emoji_in_one_form.ts";
import type { MigrationStep } from "./step.ts";

/** All steps in order, one file each. A released step is never changed; append at the end. */
export const MIGRATION_STEPS: readonly MigrationStep[] = [
  incarnation,
  storageUsage,
  searchTerms,
  emojiInOneForm,
];
