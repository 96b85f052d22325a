import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Operation } from "../../src/api/operation.ts";
import { type Scope, SCOPES } from "../../src/model/api_key.ts";
import { type BackendClient, backendOf } from "../support/api_keys.ts";
import { RunningApp } from "../support/running_app.ts";

/**
 * The operations that an API key may call, by the scope that it needs; every other operation
 * refuses keys. For `session` operations the key acts in a person's name, who needs the same rights
 * as with their own session (see authorization_test.ts).
 */
const TABLE: Partial<Record<Scope, readonly string[]>> = {
  "users:read": ["ownUser.get", "ownUser.list", "user.get", "user.list", "user.profile"],
  "users:write": [
    "ownUser.deactivate",
    "ownUser.erase",
    "ownUser.put",
    "ownUser.putMany",
    "ownUser.reactivate",
    "user.update",
  ],
  "tokens:write": ["ownUser.endSessions", "ownUser.signIn"],
  "chats:read": [
    "chat.changes",
    "chat.commands",
    "chat.get",
    "chat.inbox",
    "group.get",
    "group.list",
    "sync",
  ],
  "chats:write": [
    "chat.delivered",
    "chat.open",
    "chat.read",
    "chat.update",
    "group.add",
    "group.create",
    "group.remove",
    "group.role",
    "group.update",
    "member.update",
  ],
  "messages:read": [
    "media.get",
    "media.usage",
    "message.list",
    "message.pinned",
    "message.reactions",
    "message.search",
  ],
  "messages:write": [
    "media.complete",
    "media.delete",
    "media.presign",
    "message.delete",
    "message.edit",
    "message.pin",
    "message.react",
    "message.send",
    "message.system",
    "typing.start",
    "typing.stop",
  ],
  "moderation": [
    "admin.deleteMessage",
    "admin.endSessions",
    "admin.filters",
    "admin.freezeChat",
    "admin.removeMember",
    "admin.reports",
    "admin.resolveReport",
    "admin.setFilters",
    "admin.shadow",
    "admin.suspend",
    "admin.unsuspend",
  ],
  "moderation:read": [
    "admin.chat",
    "admin.chats",
    "admin.messageContext",
    "admin.messages",
    "admin.user",
    "admin.users",
  ],
  "events:write": ["event.send"],
  "bots": ["bot.create", "bot.end", "bot.list", "bot.rotate"],
  "calls": ["call.end", "call.join", "call.start"],
  "admin:read": ["admin.statistics", "audit.all"],
  "webhooks": [
    "admin.createWebhook",
    "admin.deleteMessageHook",
    "admin.deleteWebhook",
    "admin.messageHook",
    "admin.redeliverFailedWebhooks",
    "admin.redeliverWebhook",
    "admin.rotateWebhookSecret",
    "admin.setMessageHook",
    "admin.testWebhook",
    "admin.updateWebhook",
    "admin.webhook",
    "admin.webhookDeliveries",
    "admin.webhooks",
  ],
};

function call(client: BackendClient, { rest }: Operation) {
  const path = `/api${rest!.path.replaceAll(/:[^/]+/g, newId())}`;
  return client.send(rest!.method, path, rest!.method === "GET" ? undefined : {});
}

Deno.test("the table of scopes has every operation that an API key may call", async () => {
  await using app = await RunningApp.start();
  const found: Record<string, string[]> = {};
  for (const { name, scope } of app.app.operations) {
    if (scope !== undefined) (found[scope] ??= []).push(name);
  }
  for (const names of Object.values(found)) names.sort();
  assert.deepEqual(found, TABLE);
});

Deno.test("an API key calls what its scopes permit, and nothing else", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const all = await backendOf(app);
  const wrong: string[] = [];
  for (const operation of app.app.operations) {
    const { name, access, scope, rest } = operation;
    if (rest === undefined) continue;
    const expect = async (client: BackendClient, pattern: RegExp | null, who: string) => {
      const { body } = await call(client, operation);
      const isRefused = ["forbidden", "unauthenticated"].includes(body?.code);
      const isRight = pattern === null ? !isRefused : isRefused && pattern.test(body.detail);
      if (!isRight) wrong.push(`${name} by ${who}: ${JSON.stringify(body)}`);
    };
    if (access === "public") {
      await expect(all, null, "a key, as by anyone");
      await expect(all.in(ann.id), null, "a key in a name, as by anyone");
      continue;
    }
    if (scope === undefined) {
      await expect(all, /session/, "a key");
      await expect(all.in(ann.id), /session/, "a key in a name");
      continue;
    }
    const without = await backendOf(app, { scopes: SCOPES.filter((one) => one !== scope) });
    await expect(without.in(ann.id), /lacks the scope/, "a key without the scope");
    await expect(without, /lacks the scope/, "a key without the scope, by itself");
    if (access === "session") {
      const mute = await backendOf(app, { scopes: [scope] });
      await expect(all, /X-Act-As/, "a key by itself");
      await expect(mute.in(ann.id), /lacks the scope act_as/, "a key without act_as");
      await expect(all.in(ann.id), null, "a key with the scopes");
    } else {
      await expect(await backendOf(app, { scopes: [scope] }), null, "a key with the scope");
      // Where the input is checked first, the attack suite shows the refusal
      // (security/api_keys_test.ts).
      const { body } = await call(all.in(ann.id), operation);
      const codes = ["forbidden", "invalid_request"];
      if (!codes.includes(body?.code)) wrong.push(`${name} in a name: ${JSON.stringify(body)}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(app.log, []);
});
