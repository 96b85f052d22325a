import type { CatchUp, SyncPage } from "../chats/catch_up.ts";
import { HelloInput } from "../api/hello.ts";
import { type Clock, toTimestamp } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { validate } from "../operations/dispatcher.ts";
import { Connection, type Sink } from "../realtime/connection.ts";
import type { Hub } from "../realtime/hub.ts";
import { syncView } from "../api/views/changes.ts";

/** The parts of the features that `hello` needs. */
export interface HelloServices {
  authenticate(token: string, visitor: Visitor): Promise<Caller>;
  /** Returns the caller's own profile, as `GET /users/profile` does. */
  profile(userId: string): Promise<unknown>;
  /** Returns the users whose messages the client hides in groups that both are members of. */
  blockedBy(userId: string): Promise<string[]>;
  catchUp: CatchUp;
  hub: Hub;
  clock: Clock;
  limits: { socketsPerUser: number };
}

export interface Welcome {
  connection: Connection;
  /** The reply to hello. */
  answer: {
    user: unknown;
    sessionId: string;
    serverTime: string;
    blockedUserIds: string[];
    /** See `CatchUp.incarnation`. */
    incarnation: string;
    sync?: unknown;
  };
  /** Lets events through; called once the reply has been written. */
  release(): void;
}

/** The sync of a client that has missed nothing. */
const NOTHING: SyncPage = { items: [], next: null };

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
  assertRoomForOneMore(services, caller.userId);
  const connection = new Connection(newId(), caller, sink, { compact });
  const { hub, catchUp } = services;
  try {
    const [user, blockedUserIds, incarnation, chats] = await Promise.all([
      services.profile(caller.userId),
      services.blockedBy(caller.userId),
      catchUp.incarnation(),
      hub.attach(connection),
    ]);
    const isUpToDate = changedOnly && cursors !== undefined &&
      await catchUp.isUpToDate(cursors, chats) && connection.beginsAt(cursors);
    const sync = isUpToDate
      ? NOTHING
      : cursors && await catchUp.sync(caller.userId, { cursors, changedOnly });
    const answer = {
      user,
      sessionId: caller.sessionId,
      serverTime: toTimestamp(services.clock.now()),
      blockedUserIds,
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
  throw new AppError("rate_limited", `Cannot connect: the account has its ${max} sockets open`);
}
