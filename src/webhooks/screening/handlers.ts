import { bind, type Bound } from "../../operations/handler.ts";
import * as operations from "../../api/operations/filters.ts";
import type { RuleBook } from "./rule_book.ts";

export function filterHandlers(rules: RuleBook): Bound[] {
  return [
    bind(operations.getFilters, () => rules.filters()),
    bind(operations.setFilters, (caller, filters) => rules.setFilters(caller, filters)),
    bind(operations.getMessageHook, async () => ({ hook: await rules.hook() })),
    bind(operations.setMessageHook, (caller, hook) => rules.setHook(caller, hook)),
    bind(operations.deleteMessageHook, async (caller) => {
      await rules.removeHook(caller);
    }),
  ];
}
