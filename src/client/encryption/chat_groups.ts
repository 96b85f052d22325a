import type { ChangesView } from "../../api/views/changes.ts";
import type { HandshakeView } from "../../api/views/handshake.ts";
import type { MessageView } from "../../api/views/message.ts";
import { ChatError, isPassing } from "../chat_error.ts";
import type { LeftOutDevice } from "../mls/key_package_check.ts";
import { encodeContent, type MessageContent } from "../mls/message_content.ts";
import { MlsClientError } from "../mls/mls_client_error.ts";
import type { MlsGroup } from "../mls/mls_group.ts";
import type { GroupChange, NewDevice, StagedCommit } from "../mls/staged_commit.ts";
import { Serial } from "../../core/serial.ts";
import { type Item, itemsOf } from "./chat_items.ts";
import { isStale, MAX_TRIES, postCommit, postRestart, yieldToOthers } from "./commit_post.ts";
import type { EncryptionContext } from "./context.ts";
import { GroupCursors } from "./group_cursors.ts";
import { GroupEntry, type WaitingWelcome } from "./group_entry.ts";
import type { KnownKeys } from "./known_keys.ts";
import type { Plaintexts } from "./plaintexts.ts";
import type { Timeline } from "./timeline.ts";

export interface ChatGroupsOptions {
  context: EncryptionContext;
  plaintexts: Plaintexts;
  timeline: Timeline;
  knownKeys: KnownKeys;
  onFault: (error: unknown) => void;
}

/**
 * The MLS groups of this device: applies Commits and messages in the server's order, joins groups,
 * and creates Commits, again on the new epoch if another device was faster.
 *
 * Each chat has a separate cursor here, kept with the keys: an item is never applied twice, and
 * after a crash processing continues at the cursor.
 */
export class ChatGroups {
  readonly #serial = new Serial();
  readonly #cursors: GroupCursors;
  readonly #entry: GroupEntry;

  private readonly context: EncryptionContext;
  private readonly plaintexts: Plaintexts;
  private readonly timeline: Timeline;
  private readonly knownKeys: KnownKeys;
  private readonly onFault: (error: unknown) => void;

  constructor({ context, plaintexts, timeline, knownKeys, onFault }: ChatGroupsOptions) {
    this.context = context;
    this.plaintexts = plaintexts;
    this.timeline = timeline;
    this.knownKeys = knownKeys;
    this.onFault = onFault;
    this.#cursors = new GroupCursors(context.store);
    this.#entry = new GroupEntry(context, this.#cursors, knownKeys);
  }

  /** Applies rows that followed on `after`. */
  takeRows(changes: ChangesView, after: number): Promise<void> {
    const { chatId } = changes;
    return this.#run(chatId, async () => {
      const group = await this.context.device.group(chatId);
      if (!group?.isActive) return;
      const cursor = await this.#cursors.read(chatId);
      if (after > cursor) return await this.#catchUp(chatId);
      await this.#takeItems(chatId, itemsOf([changes]), changes.rev);
    });
  }

  /** Joins the chat's group if necessary, and reads everything new. */
  catchUp(chatId: string): Promise<void> {
    return this.#run(chatId, async () => {
      await this.#entry.ready(chatId);
      await this.#catchUp(chatId);
    });
  }

  /** Runs `action` while nothing else happens to the chat's group on this device. */
  withGroup<T>(chatId: string, action: (group: MlsGroup) => T | Promise<T>): Promise<T> {
    return this.#run(chatId, async () => action(await this.#entry.ready(chatId)));
  }

  /**
   * Creates the group of a chat that has none, or joins the one that another device created in the
   * meantime.
   */
  create(chatId: string, change: GroupChange, addUserIds: string[]): Promise<void> {
    return this.#run(chatId, async () => {
      const known = await this.context.device.group(chatId);
      if (known?.isActive) return;
      const group = await this.context.device.createGroup(chatId);
      await this.#cursors.move(chatId, 0);
      try {
        const staged = await group.stage(await this.#usable(chatId, group, change, addUserIds));
        await this.#commitOnce(chatId, group, staged, addUserIds, []);
      } catch (error) {
        await this.context.device.forget(chatId);
        if (!isStale(error)) throw error;
        await this.#entry.ready(chatId);
      }
    });
  }

  /**
   * Changes the group. `make` receives the current group at each attempt, and returns null if no
   * change is left. `removeUserIds` are the users whose membership of the chat ends too.
   */
  change(
    chatId: string,
    make: (group: MlsGroup) => GroupChange | null | Promise<GroupChange | null>,
    addUserIds: string[] = [],
    removeUserIds: string[] = [],
  ): Promise<void> {
    return this.#run(chatId, async () => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        await this.#entry.ready(chatId);
        await this.#catchUp(chatId);
        const group = await this.#entry.ready(chatId);
        if (group.isPending) await group.discard();
        const change = await make(group);
        if (change === null) return;
        try {
          const staged = await group.stage(await this.#usable(chatId, group, change, addUserIds));
          return await this.#commitOnce(chatId, group, staged, addUserIds, removeUserIds);
        } catch (error) {
          if (isStale(error)) await yieldToOthers(tries);
          else if (!await this.#rejoinIfApart(chatId, group)) throw error;
        }
      }
      throw new ChatError("unavailable", "Cannot change the group: others keep changing it");
    });
  }

  /**
   * Replaces the chat's group with a new one of these devices. Does nothing if another device
   * restarts it at the same time.
   */
  restart(chatId: string, add: NewDevice[]): Promise<void> {
    return this.#run(chatId, async () => {
      await this.#readBeforeRestart(chatId);
      const { call, device } = this.context;
      const generation = (await call("mls.groupInfo", { chatId })).generation + 1;
      const { staged, leftOut, accepted } = await device.restart(chatId, generation, add);
      this.#nameLeftOut(chatId, leftOut);
      try {
        const { rev } = await postRestart(call, chatId, generation, staged);
        await this.#entry.joined(chatId, await accepted(), rev);
      } catch (error) {
        if (!isStale(error)) throw error;
        await this.#catchUp(chatId);
      }
    });
  }

  /** Encrypts for the current epoch, and again if a Commit was faster. */
  send(chatId: string, content: MessageContent, mediaIds?: string[]): Promise<MessageView> {
    return this.#run(chatId, async () => {
      await this.plaintexts.keepOwn(chatId, content);
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const group = await this.#entry.ready(chatId);
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
      throw new ChatError("unavailable", "Cannot send: the group keeps changing");
    });
  }

  /**
   * Returns the revision up to which everything was applied, or was sent before this device joined;
   * 0 without a group.
   */
  takenUpTo(chatId: string): Promise<number> {
    return this.#cursors.read(chatId);
  }

  /** Deletes the keys and texts of a chat after leaving or being removed. */
  forget(chatId: string): Promise<void> {
    return this.#run(chatId, async () => {
      await this.context.device.forget(chatId);
      await this.plaintexts.forget(chatId);
      this.timeline.forget(chatId);
      await this.#cursors.forget(chatId);
    });
  }

  /** Joins by all Welcomes that wait for this device. */
  async takeWelcomes(): Promise<void> {
    for (let before = new Set<string>();;) {
      const waiting = await this.#entry.welcomes();
      const fresh = waiting.filter(({ id }) => !before.has(id));
      for (const welcome of fresh) await this.#takeWelcome(welcome);
      if (fresh.length === 0) return;
      before = new Set(waiting.map(({ id }) => id));
    }
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }

  #run<T>(chatId: string, action: () => Promise<T>): Promise<T> {
    return this.#serial.run(chatId, () => {
      this.context.lock.check();
      return action();
    });
  }

  /** A failure with one Welcome is reported and does not block the others. */
  async #takeWelcome(welcome: WaitingWelcome): Promise<void> {
    const { chatId } = welcome;
    try {
      await this.#run(chatId, async () => {
        const group = await this.context.device.group(chatId);
        // The Commit that restarts a group leads into the new one, once everything before it was
        // read.
        if (!group?.isActive || group.generation >= welcome.generation) {
          await this.#entry.takeWelcome(welcome);
        }
        await this.#catchUp(chatId);
      });
    } catch (error) {
      if (isPassing(error)) throw error;
      this.onFault(error);
    }
  }

  /** Fetches everything after the cursor first, so that it is applied in its original order. */
  async #catchUp(chatId: string): Promise<void> {
    const pages: ChangesView[] = [];
    let after = await this.#cursors.read(chatId);
    for (let more = true; more;) {
      const page = await this.context.call("chat.changes", { chatId, after });
      pages.push(page);
      after = page.rev;
      more = page.more;
    }
    await this.#takeItems(chatId, itemsOf(pages), after);
  }

  async #takeItems(chatId: string, items: Item[], upTo: number): Promise<void> {
    const cursor = await this.#cursors.read(chatId);
    for (const item of items) {
      if (item.at <= cursor || item.at <= await this.#cursors.read(chatId)) continue;
      if ("message" in item) await this.#read(chatId, item.message);
      else await this.#takeCommit(chatId, item.commit);
    }
    await this.#cursors.move(chatId, Math.max(upTo, await this.#cursors.read(chatId)));
  }

  async #read(chatId: string, message: MessageView): Promise<void> {
    const group = await this.#entry.ready(chatId);
    const reading = await this.plaintexts.read(group, message);
    this.context.model.putMessages(chatId, [message]);
    this.timeline.show(message, reading);
  }

  /**
   * A member may have sent the server a state of the group that differs from that of the members,
   * whose Commits are then refused. The server's state is the one in which all can meet: returns
   * true if this device joined it.
   */
  async #rejoinIfApart(chatId: string, group: MlsGroup): Promise<boolean> {
    const { groupInfo } = await this.context.call("mls.groupInfo", { chatId });
    if (!group.differsFrom(groupInfo)) return false;
    await this.#entry.joinExternally(chatId);
    return true;
  }

  /**
   * Reads with the old group's keys everything that they can read; a failure is ignored, because
   * unusable keys are a reason for the restart.
   */
  async #readBeforeRestart(chatId: string): Promise<void> {
    try {
      await this.#catchUp(chatId);
    } catch (error) {
      if (isPassing(error)) throw error;
      this.onFault(error);
    }
  }

  /**
   * Announces who has restarted the group, because a new group is also what an attacker would want.
   */
  async #takeRestart(chatId: string, { senderId, generation }: HandshakeView): Promise<void> {
    this.context.emit("encryption.restarted", { chatId, senderId, generation });
    await this.context.device.forget(chatId);
    await this.#entry.ready(chatId);
  }

  /** A Commit that cannot be applied would leave this device behind forever, so it joins again. */
  async #takeCommit(chatId: string, handshake: HandshakeView): Promise<void> {
    const { commit, senderId, generation } = handshake;
    const group = await this.#entry.ready(chatId);
    if (generation > group.generation) return await this.#takeRestart(chatId, handshake);
    if (generation < group.generation) return;
    try {
      const outcome = await group.processCommit(commit);
      if (outcome?.removedSelf) await this.context.device.forget(chatId);
      else if (outcome) await this.knownKeys.see(chatId, group.roster());
    } catch (error) {
      if (!(error instanceof MlsClientError) || error.code === "unreadable") throw error;
      await this.#entry.joinExternally(chatId);
      const reason = error.message;
      this.context.emit("encryption.rejoined", { chatId, senderId, reason });
    }
  }

  /**
   * Returns the change without the devices that cannot be added; an event names each of them.
   * Throws `conflict` if a user of `addUserIds` has no other device.
   */
  async #usable(
    chatId: string,
    group: MlsGroup,
    change: GroupChange,
    addUserIds: string[],
  ): Promise<GroupChange> {
    if (!change.add?.length) return change;
    const { usable, leftOut } = await group.usableDevices(change.add);
    this.#nameLeftOut(chatId, leftOut);
    const without = addUserIds.find((id) => !usable.some(({ userId }) => userId === id));
    if (without === undefined) return { ...change, add: usable };
    throw new ChatError("conflict", `User ${without} has no device that can be added`);
  }

  #nameLeftOut(chatId: string, devices: LeftOutDevice[]): void {
    for (const device of devices) {
      this.context.emit("encryption.deviceLeftOut", { chatId, ...device });
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
      await postCommit(this.context.call, chatId, staged, { addUserIds, removeUserIds });
    } catch (error) {
      // Kept while it is unknown whether the server has it: the list of Commits will tell.
      if (!isPassing(error)) await group.discard();
      throw error;
    }
    await group.accepted(staged);
    await this.knownKeys.see(chatId, group.roster());
  }
}
