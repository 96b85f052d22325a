import { inOneForm } from "../../../core/emoji.ts";
import type { Reaction } from "../../../model/message.ts";
import { rewriteField } from "../rewrite.ts";
import type { MigrationStep } from "./step.ts";

/** Merges reactions that differ only in variation selectors and were counted separately. */
export const step: MigrationStep = {
  name: "0004_emoji_in_one_form",
  run: (db) => rewriteField(db, "messages", "reactions", (value) => inOneForm(value as Reaction[])),
};
