import type { CatchUp, SyncPage } from "../chats/catch_up.ts";
import { HelloInput } from "../api/hello.ts";
import { type Clock, toTimestamp } from "../core/clock.ts";
import { notFound, rateLimited } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { validate } from "../operations/dispatcher.ts";
import { Connection, type Sink } from "../realtime/connection.ts";
import type { Hub } from "../realtime/hub.ts";
import { syncView } from "../api/views/changes.ts";
import { profileView } from "../api/views/user.ts";

/** The parts of the features that `hello` needs. */
export interface HelloServices {
  authenticate(token: string, visitor: Visitor): Promise<Caller>;
  /** Counts the hello; throws `rate_limited` for a user who opens sockets too often. */
  charge(caller: Caller): Promise<void>;
  /** Counts further uses for a long sync, which the hellos after it are refused for. */
  chargeFurther(caller: Caller, uses: number): Promise<void>;
  catchUp: CatchUp;
  hub: Hub;
  clock: Clock;
  limits: { socketsPerUser: number };
}

export interface Welcome {
  connection: Connection;
  /** The reply to hello. */
  answer: {
    /** As `GET /users/profile` returns it. */
    user: unknown;
    sessionId: string;
    serverTime: string;
    /** The users whose messages the client hides in groups that both are members of. */
    blockedUserIds: string[];
    /** See `CatchUp.incarnation`. */
    incarnation: string;
    sync?: unknown;
  };
  /** Lets events through; called once the reply has been written. */
  release(): void;
}

/** Milliseconds to wait for one of the account's sockets to close: no moment is known. */
const ALL_OPEN_MS = 30_000;
/** The sync of a client that has missed nothing. */
const NOTHING: SyncPage = { items: [], next: null, furtherUses: 0 };

/**
 * Authenticates a socket and makes it a connection of the hub. The order is: verify the token,
 * subscribe, read missed changes. So there is no gap between the reply and the events that follow
 * it.
 */
export async function hello(
  services: HelloServices,
  visitor: Visitor,
  input: unknown,
  sink: Sink,
): Promise<Welcome> {
  const { token, cursors, changedOnly, compact } = validate(HelloInput(), input);
  const caller = await services.authenticate(token, visitor);
  await services.charge(caller);
  assertRoomForOneMore(services, caller.userId);
  const connection = new Connection(newId(), caller, sink, { compact });
  const { hub, catchUp } = services;
  try {
    const { user, blockedIds, incarnation, chats } = await hub.attach(connection);
    if (user === null) throw notFound("user", caller.userId);
    const isUpToDate = changedOnly && cursors !== undefined &&
      await catchUp.isUpToDate(cursors, chats) && connection.beginsAt(cursors);
    const sync = isUpToDate
      ? NOTHING
      : cursors && await catchUp.sync(caller.userId, { cursors, changedOnly });
    if (sync) await services.chargeFurther(caller, sync.furtherUses);
    const answer = {
      user: profileView(user),
      sessionId: caller.sessionId,
      serverTime: toTimestamp(services.clock.now()),
      blockedUserIds: blockedIds,
      incarnation,
      ...(sync && { sync: syncView(sync, caller.userId) }),
    };
    return { connection, answer, release: () => connection.release(floorsOf(sync)) };
  } catch (error) {
    hub.detach(connection);
    throw error;
  }
}

/** Returns the revision that the reply reaches, by chat: events start after it. */
function floorsOf(sync: SyncPage | undefined): Map<string, number> {
  return new Map(sync?.items.map(({ chatId, rev }) => [chatId, rev]));
}

function assertRoomForOneMore({ hub, limits }: HelloServices, userId: string): void {
  if ([...hub.connectionsOf(userId)].length < limits.socketsPerUser) return;
  const max = limits.socketsPerUser;
  throw rateLimited(`Cannot connect: the account has its ${max} sockets open`, ALL_OPEN_MS);
}
