import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { line } from "../fields.ts";
import { operation } from "../operation.ts";

const tag = "Filters";
const path = "/admin/filters";
const hookPath = "/admin/message-hook";
const MAX_WORDS = 2_000;
const MAX_HOSTS = 500;
const MAX_NEW_SECONDS = 365 * 24 * 3600;

const host = lazy(() =>
  z.string().max(253).regex(
    /^[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})+$/,
    "must be a host name such as example.org (in Punycode, if it has other letters)",
  )
);

const words = lazy(() =>
  z.array(
    z.strictObject({
      word: line({ max: 100 }).describe("A word, or several in a row"),
      action: z.enum(["refuse", "mask", "report"]).describe(
        "`refuse`: the message is not sent. `mask`: stars take its place. `report`: the message is " +
          "sent, and reported to the administrators",
      ),
    }),
  ).max(MAX_WORDS)
);

const links = lazy(() =>
  z.strictObject({
    allow: z.enum(["any", "listed"]).describe(
      "`listed`: only links to `hosts` and names under them",
    ),
    hosts: z.array(host()).max(MAX_HOSTS),
    newMemberSeconds: z.int().min(0).max(MAX_NEW_SECONDS).describe(
      "How long someone who has joined a chat may send no link in it",
    ),
  })
);

const FiltersView = lazy(() =>
  z.object({ words: words(), links: links() }).meta({ id: "Filters" })
);

export const getFilters = operation({
  name: "admin.filters",
  summary: "The word list and the rule for links",
  tag,
  access: "admin",
  scope: "moderation",
  limit: "read",
  input: () => z.strictObject({}),
  output: FiltersView,
  rest: { method: "GET", path },
});

export const setFilters = operation({
  name: "admin.setFilters",
  summary: "Replace the word list and the rule for links",
  description:
    "Words are found at word boundaries, whatever their case. The rules apply to messages " +
    "that are sent or edited from then on, and to none that is encrypted.",
  tag,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () => z.strictObject({ words: words(), links: links() }),
  output: FiltersView,
  rest: { method: "PUT", path },
});

const hookFields = lazy(() => ({
  url: z.string().min(1).max(2048),
  onFailure: z.enum(["allow", "refuse"]).describe(
    "What happens to messages while the backend does not answer within 500 ms",
  ),
}));

const HookView = lazy(() =>
  z.object({ ...hookFields(), fixed: z.boolean().describe("Configured by MESSAGE_HOOK_URL") })
    .meta({ id: "MessageHook" })
);

export const getMessageHook = operation({
  name: "admin.messageHook",
  summary: "The backend that is asked before a message is stored, or null",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => z.object({ hook: HookView().nullable() }),
  rest: { method: "GET", path: hookPath },
});

export const setMessageHook = operation({
  name: "admin.setMessageHook",
  summary: "Ask a backend before a message is stored; makes a new secret",
  description: "The request is signed as webhooks are. The backend may refuse the message with a " +
    "reason for the sender, or change its text; encrypted messages are not shown to it.",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => {
    const { url, onFailure } = hookFields();
    return z.strictObject({ url, onFailure: onFailure.default("allow") });
  },
  output: () =>
    HookView().extend({ secret: z.string().describe("`whsec_…`, shown only now") })
      .meta({ id: "MessageHookWithSecret" }),
  rest: { method: "PUT", path: hookPath },
  errors: ["conflict"],
});

export const deleteMessageHook = operation({
  name: "admin.deleteMessageHook",
  summary: "Ask no backend any more",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => z.strictObject({}),
  output: null,
  rest: { method: "DELETE", path: hookPath, status: 204 },
  errors: ["conflict"],
});
