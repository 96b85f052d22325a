import { newIncarnation } from "../meta.ts";
import type { MigrationStep } from "./step.ts";

/** Names this history of the data: see `Store.incarnation`. */
export const step: MigrationStep = {
  name: "0001_incarnation",
  run: newIncarnation,
};
