import { inOneForm } from "../../../core/emoji.ts";
import type { Reaction } from "../../../model/message.ts";
import { rewriteJson } from "./json_rewrite.ts";
import type { SchemaStep } from "./step.ts";

/** Merges reactions that differ only in variation selectors and were counted separately. */
export const step: SchemaStep = (connection) =>
  rewriteJson(connection, {
    table: "messages",
    key: "place",
    column: "reactions",
    change: (value) => inOneForm(value as Reaction[]),
  });
