import { inOneForm } from "../../../core/emoji.ts";
import type { Reaction } from "../../../model/message.ts";
import { rewriteJson } from "./json_rewrite.ts";
import type { SchemaStep } from "./step.ts";

/** Reactions that differ only in variation selectors were counted apart. */
export const step: SchemaStep = (connection) =>
  rewriteJson(connection, {
    table: "messages",
    key: "place",
    column: "reactions",
    change: (value) => inOneForm(value as Reaction[]),
  });
