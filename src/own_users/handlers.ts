import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import { fromBase64Url, toBase64Url } from "../core/base64url.ts";
import { AppError } from "../core/errors.ts";
import type { ServerCaller } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import { Answer, bind, type Bound } from "../operations/handler.ts";
import * as operations from "../api/operations/own_users.ts";
import { profileView, userView } from "../api/views/user.ts";
import type { AccountErasure } from "../users/account_erasure.ts";
import type { OwnSessions } from "./own_sessions.ts";
import { requireMayChange } from "../operations/key_access.ts";
import type { OwnUserFields, OwnUsers } from "./own_users.ts";
import type { Pictures } from "./pictures.ts";

export interface OwnUserServices {
  people: OwnUsers;
  sessions: OwnSessions;
  pictures: Pictures;
  erasure: AccountErasure;
}

export function ownUserHandlers(services: OwnUserServices): Bound[] {
  return [...writing(services), ...reading(services), ...sessionHandlers(services)];
}

type Given = OwnUserFields & { externalId: string; picture?: string | null };

function writing({ people, pictures, erasure }: OwnUserServices): Bound[] {
  return [
    bind(operations.putOwnUser, async (caller, { externalId, picture, ...fields }) => {
      const { user, made } = await people.put(caller, externalId, fields);
      const pictured = picture === undefined ? user : await pictures.set(user, picture);
      return new Answer(made ? 201 : 200, ownUserView(pictured));
    }),
    bind(operations.putOwnUsers, async (caller, { users }) => {
      const items = [];
      for (const given of users) items.push(await putOne(caller, given, { people, pictures }));
      return { items };
    }),
    bind(operations.deactivateOwnUser, async (caller, { externalId }) => {
      return ownUserView(await people.deactivate(caller, externalId));
    }),
    bind(operations.reactivateOwnUser, async (caller, { externalId }) => {
      return ownUserView(await people.reactivate(caller, externalId));
    }),
    bind(operations.eraseOwnUser, async (caller, { externalId }) => {
      const user = await people.require(externalId);
      requireMayChange(caller, user);
      const done = await erasure.byServer(user.id);
      return new Answer(done ? 204 : 202, undefined);
    }),
  ];
}

/** Puts one person of a batch: an AppError is the outcome of this one only. */
async function putOne(
  caller: ServerCaller,
  { externalId, picture, ...fields }: Given,
  { people, pictures }: Pick<OwnUserServices, "people" | "pictures">,
) {
  try {
    const { user } = await people.put(caller, externalId, fields);
    if (typeof picture === "string") pictures.later(user, picture);
    const shown = picture === null ? await pictures.set(user, null) : user;
    return { externalId, user: ownUserView(shown), error: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "unavailable") throw error;
    return { externalId, user: null, error: { code: error.code, detail: error.message } };
  }
}

function reading({ people }: OwnUserServices): Bound[] {
  return [
    bind(operations.getOwnUser, async (_caller, { externalId }) => {
      return ownUserView(await people.require(externalId));
    }),
    bind(operations.listOwnUsers, async (_caller, { limit, cursor }) => {
      const after = cursor === undefined ? null : idAfter(cursor);
      const found = await people.list({ after, limit });
      const last = found.length < limit ? null : found.at(-1)!.externalId!;
      return {
        items: found.map(ownUserView),
        next: last === null ? null : toBase64Url(new TextEncoder().encode(last)),
      };
    }),
  ];
}

function sessionHandlers({ sessions }: OwnUserServices): Bound[] {
  return [
    bind(operations.signInOwnUser, async (caller, { externalId, deviceName }) => {
      const { user, pair } = await sessions.open(caller, externalId, deviceName);
      return { user: profileView(user), ...pair };
    }),
    bind(operations.endOwnUserSessions, async (caller, { externalId }) => {
      return { ended: await sessions.endAll(caller, externalId) };
    }),
  ];
}

/** External ids may have characters that a cursor may not have. */
function idAfter(cursor: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(cursor));
  } catch {
    throw new AppError("invalid_request", "cursor must be the next of an earlier page");
  }
}

function ownUserView(user: User) {
  return {
    externalId: user.externalId!,
    user: userView(user),
    role: user.role,
    picture: user.pictureUrl,
    deactivatedAt: toTimestampOrNull(user.deactivatedAt),
    createdAt: toTimestamp(user.createdAt),
    updatedAt: toTimestamp(user.updatedAt),
  };
}
