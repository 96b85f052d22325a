import { delay } from "../../core/delay.ts";
import { newId } from "../../core/ids.ts";
import type { ChangesView } from "../../wire/changes.ts";
import type { HandshakeView } from "../../wire/handshake.ts";
import type { MessageView } from "../../wire/message.ts";
import { ChatError, isPassing } from "../chat_error.ts";
import { fromUtf8, utf8 } from "../mls/encoding.ts";
import { encodeContent, type MessageContent } from "../mls/message_content.ts";
import { MlsClientError } from "../mls/mls_client_error.ts";
import type { MlsGroup } from "../mls/mls_group.ts";
import type { GroupChange, StagedCommit } from "../mls/staged_commit.ts";
import { Serial } from "../serial.ts";
import type { EncryptionContext } from "./context.ts";
import type { KnownKeys } from "./known_keys.ts";
import type { Plaintexts } from "./plaintexts.ts";
import type { Timeline } from "./timeline.ts";

/** Tries of a Commit or a message that others keep overtaking. */
const MAX_TRIES = 30;

/** A Commit, or an encrypted message, at its place in the chat. */
type Item =
  | { at: number; commit: HandshakeView }
  | { at: number; message: MessageView };

/**
 * The MLS groups of this device: takes Commits and messages in the server's order, joins where it has to,
 * and makes Commits, again on the new epoch when another device was faster.
 *
 * Each chat has a cursor of its own here, kept with the keys: what was taken once is never taken
 * again, and after a crash it goes on where it was.
 */
export class ChatGroups {
  readonly #serial = new Serial();
  readonly #cursors = new Map<string, number>();

  constructor(
    private readonly context: EncryptionContext,
    private readonly plaintexts: Plaintexts,
    private readonly timeline: Timeline,
    private readonly knownKeys: KnownKeys,
  ) {}

  /** Rows that followed on `after`. */
  takeRows(changes: ChangesView, after: number): Promise<void> {
    const { chatId } = changes;
    return this.#serial.run(chatId, async () => {
      const group = await this.context.device.group(chatId);
      if (!group?.isActive) return;
      const cursor = await this.#cursor(chatId);
      if (after > cursor) return await this.#catchUp(chatId);
      await this.#takeItems(chatId, itemsOf([changes]), changes.rev);
    });
  }

  /** Joins the chat's group if it must, and reads all that is new. */
  catchUp(chatId: string): Promise<void> {
    return this.#serial.run(chatId, async () => {
      await this.#ready(chatId);
      await this.#catchUp(chatId);
    });
  }

  /** Runs `action` while nothing else happens to the chat's group here. */
  withGroup<T>(chatId: string, action: (group: MlsGroup) => T | Promise<T>): Promise<T> {
    return this.#serial.run(chatId, async () => action(await this.#ready(chatId)));
  }

  /** Makes the group of a chat that has none, or joins the one that somebody else made meanwhile. */
  create(chatId: string, change: GroupChange, addUserIds: string[]): Promise<void> {
    return this.#serial.run(chatId, async () => {
      const known = await this.context.device.group(chatId);
      if (known?.isActive) return;
      const group = await this.context.device.createGroup(chatId);
      await this.#moveCursor(chatId, 0);
      try {
        await this.#commitOnce(chatId, group, await group.stage(change), addUserIds, []);
      } catch (error) {
        await this.context.device.forget(chatId);
        if (!isStale(error)) throw error;
        await this.#ready(chatId);
      }
    });
  }

  /**
   * Changes the group. `make` sees it as it is at each try, and answers null when there is nothing left to
   * do. `removeUserIds` are those whose membership of the chat is to end, too.
   */
  change(
    chatId: string,
    make: (group: MlsGroup) => GroupChange | null | Promise<GroupChange | null>,
    addUserIds: string[] = [],
    removeUserIds: string[] = [],
  ): Promise<void> {
    return this.#serial.run(chatId, async () => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        await this.#ready(chatId);
        await this.#catchUp(chatId);
        const group = await this.#ready(chatId);
        if (group.isPending) await group.discard();
        const change = await make(group);
        if (change === null) return;
        try {
          const staged = await group.stage(change);
          return await this.#commitOnce(chatId, group, staged, addUserIds, removeUserIds);
        } catch (error) {
          if (!isStale(error)) throw error;
          await delay(Math.random() * Math.min(50 * 2 ** tries, 1_000));
        }
      }
      throw new ChatError("unavailable", "Changing the group: others keep changing it");
    });
  }

  /** Encrypts for the current epoch, and anew as long as a Commit is faster. */
  send(chatId: string, content: MessageContent, mediaIds?: string[]): Promise<MessageView> {
    return this.#serial.run(chatId, async () => {
      await this.plaintexts.keepOwn(chatId, content);
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const group = await this.#ready(chatId);
        const ciphertext = await group.encrypt(encodeContent(content));
        const { clientId } = content;
        try {
          const send = { chatId, clientId, ciphertext, ...(mediaIds?.length && { mediaIds }) };
          return await this.context.call("message.send", send);
        } catch (error) {
          if (!isStale(error)) throw error;
          await this.#catchUp(chatId);
        }
      }
      throw new ChatError("unavailable", "Sending: the group keeps changing");
    });
  }

  /** The revision up to which everything was taken, or was before this device joined; 0 without a group. */
  takenUpTo(chatId: string): Promise<number> {
    return this.#cursor(chatId);
  }

  /** After leaving or being removed: keys and texts of the chat go. */
  forget(chatId: string): Promise<void> {
    return this.#serial.run(chatId, async () => {
      await this.context.device.forget(chatId);
      await this.plaintexts.forget(chatId);
      this.timeline.forget(chatId);
      this.#cursors.delete(chatId);
      await this.context.store.write({ [cursorName(chatId)]: null });
    });
  }

  /** Takes all Welcomes that wait for this device. */
  async takeWelcomes(): Promise<void> {
    const { deviceId } = this.context.device;
    const { items } = await this.context.call("mls.welcomes", { deviceId, limit: 100 });
    for (const welcome of items) {
      await this.#serial.run(welcome.chatId, async () => {
        await this.#takeWelcome(welcome.chatId, welcome);
        await this.#catchUp(welcome.chatId);
      }).catch((error) => {
        if (isPassing(error)) throw error;
      });
    }
    if (items.length === 100) await this.takeWelcomes();
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }

  /** This device's group of the chat, joined if need be. */
  async #ready(chatId: string): Promise<MlsGroup> {
    const group = await this.context.device.group(chatId);
    if (group?.isActive) return group;
    const { deviceId } = this.context.device;
    const { items } = await this.context.call("mls.welcomes", { deviceId, limit: 100 });
    for (const welcome of items.filter((each) => each.chatId === chatId)) {
      await this.#takeWelcome(chatId, welcome);
    }
    const joined = await this.context.device.group(chatId);
    return joined?.isActive ? joined : await this.#joinExternally(chatId);
  }

  /** One that cannot be used is dropped: then this device joins by itself. */
  async #takeWelcome(
    chatId: string,
    welcome: { id: string; rev: number; message: string },
  ): Promise<void> {
    const { device, call } = this.context;
    try {
      const group = await device.join(chatId, welcome.message);
      await this.#joined(chatId, group, welcome.rev);
    } catch (error) {
      if (!(error instanceof MlsClientError) || error.code === "unreadable") throw error;
    }
    await call("mls.welcomeTaken", { deviceId: device.deviceId, welcomeId: welcome.id })
      .catch((error) => {
        if (!(error instanceof ChatError && error.code === "not_found")) throw error;
      });
  }

  async #joinExternally(chatId: string): Promise<MlsGroup> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { groupInfo } = await this.context.call("mls.groupInfo", { chatId });
      const { staged, accepted } = await this.context.device.joinExternally(chatId, groupInfo);
      try {
        const { rev } = await this.#post(chatId, staged, [], []);
        const group = await accepted();
        await this.#joined(chatId, group, rev);
        return group;
      } catch (error) {
        if (!isStale(error)) throw error;
        await delay(Math.random() * Math.min(50 * 2 ** tries, 1_000));
      }
    }
    throw new ChatError("unavailable", "Joining: others keep changing the group");
  }

  async #joined(chatId: string, group: MlsGroup, rev: number): Promise<void> {
    await this.#moveCursor(chatId, rev);
    await this.knownKeys.see(chatId, group.roster());
    this.context.emit("encryption.joined", { chatId, epoch: Number(group.joinedEpoch) });
  }

  /** Everything after the cursor is fetched first, so that it can be taken in the order it was made. */
  async #catchUp(chatId: string): Promise<void> {
    const pages: ChangesView[] = [];
    let after = await this.#cursor(chatId);
    for (let more = true; more;) {
      const page = await this.context.call("chat.changes", { chatId, after });
      pages.push(page);
      after = page.rev;
      more = page.more;
    }
    await this.#takeItems(chatId, itemsOf(pages), after);
  }

  async #takeItems(chatId: string, items: Item[], upTo: number): Promise<void> {
    const cursor = await this.#cursor(chatId);
    for (const item of items) {
      if (item.at <= cursor || item.at <= await this.#cursor(chatId)) continue;
      if ("message" in item) await this.#read(chatId, item.message);
      else await this.#takeCommit(chatId, item.commit);
    }
    await this.#moveCursor(chatId, Math.max(upTo, await this.#cursor(chatId)));
  }

  async #read(chatId: string, message: MessageView): Promise<void> {
    const group = await this.#ready(chatId);
    const reading = await this.plaintexts.read(group, message);
    this.context.model.putMessages(chatId, [message]);
    this.timeline.show(message, reading);
  }

  /** A Commit that cannot be taken would leave this device behind for ever: it joins anew. */
  async #takeCommit(chatId: string, { commit, senderId }: HandshakeView): Promise<void> {
    const group = await this.#ready(chatId);
    try {
      const outcome = await group.processCommit(commit);
      if (outcome?.removedSelf) await this.context.device.forget(chatId);
      else if (outcome) await this.knownKeys.see(chatId, group.roster());
    } catch (error) {
      if (!(error instanceof MlsClientError) || error.code === "unreadable") throw error;
      await this.#joinExternally(chatId);
      const reason = error.message;
      this.context.emit("encryption.rejoined", { chatId, senderId, reason });
    }
  }

  async #commitOnce(
    chatId: string,
    group: MlsGroup,
    staged: StagedCommit,
    addUserIds: string[],
    removeUserIds: string[],
  ): Promise<void> {
    try {
      await this.#post(chatId, staged, addUserIds, removeUserIds);
    } catch (error) {
      // While it is not known whether the server has it, it is kept: the list of Commits will tell.
      if (!isPassing(error)) await group.discard();
      throw error;
    }
    await group.accepted(staged);
    await this.knownKeys.see(chatId, group.roster());
  }

  /** Again under the same clientId as long as no answer comes: it counts once. */
  async #post(
    chatId: string,
    { epoch, commit, groupInfo, welcome }: StagedCommit,
    addUserIds: string[],
    removeUserIds: string[],
  ): Promise<{ rev: number; epoch: number }> {
    const request = { chatId, epoch, commit, groupInfo, welcome, addUserIds, removeUserIds };
    const clientId = newId();
    for (let tries = 0;; tries++) {
      try {
        return await this.context.call("mls.commit", { ...request, clientId });
      } catch (error) {
        if (!isPassing(error) || tries === 5) throw error;
        await delay((error as ChatError).retryAfterMs ?? 200 * 2 ** tries);
      }
    }
  }

  async #cursor(chatId: string): Promise<number> {
    const known = this.#cursors.get(chatId);
    if (known !== undefined) return known;
    const stored = await this.context.store.read(cursorName(chatId));
    const cursor = stored ? Number(fromUtf8(stored)) : 0;
    this.#cursors.set(chatId, cursor);
    return cursor;
  }

  async #moveCursor(chatId: string, rev: number): Promise<void> {
    if (this.#cursors.get(chatId) === rev) return;
    this.#cursors.set(chatId, rev);
    await this.context.store.write({ [cursorName(chatId)]: utf8(String(rev)) });
  }
}

/** Messages at the revision that made them, whatever touched them since. */
function itemsOf(pages: ChangesView[]): Item[] {
  const items = new Map<string, Item>();
  for (const { messages, commits = [] } of pages) {
    for (const commit of commits) items.set(`commit ${commit.rev}`, { at: commit.rev, commit });
    for (const message of messages) {
      if (message.ciphertext === undefined || message.deletedAt !== null) continue;
      items.set(message.id, { at: message.seq, message });
    }
  }
  return [...items.values()].sort((a, b) => a.at - b.at);
}

function isStale(error: unknown): boolean {
  return error instanceof ChatError && error.code === "stale_epoch";
}

function cursorName(chatId: string): string {
  return `cursor/${chatId}`;
}
