import { ChatError } from "../chat_error.ts";
import { MlsClientError } from "../mls/mls_client_error.ts";
import type { MlsGroup } from "../mls/mls_group.ts";
import { isStale, MAX_TRIES, postCommit, yieldToOthers } from "./commit_post.ts";
import type { EncryptionContext } from "./context.ts";
import type { GroupCursors } from "./group_cursors.ts";
import type { KnownKeys } from "./known_keys.ts";

export interface WaitingWelcome {
  id: string;
  chatId: string;
  /** The revision of the Commit that it came with: later items must be applied. */
  rev: number;
  generation: number;
  message: string;
}

/** Brings this device into the groups of its chats: by a Welcome, otherwise by itself. */
export class GroupEntry {
  constructor(
    private readonly context: EncryptionContext,
    private readonly cursors: GroupCursors,
    private readonly knownKeys: KnownKeys,
  ) {}

  /** Returns the oldest hundred that wait for this device. */
  async welcomes(): Promise<WaitingWelcome[]> {
    const { deviceId } = this.context.device;
    return (await this.context.call("mls.welcomes", { deviceId, limit: 100 })).items;
  }

  /** Returns this device's group of the chat, joined if necessary. */
  async ready(chatId: string): Promise<MlsGroup> {
    const group = await this.context.device.group(chatId);
    if (group?.isActive) return group;
    const waiting = await this.welcomes();
    for (const welcome of waiting.filter((each) => each.chatId === chatId)) {
      await this.takeWelcome(welcome);
    }
    const joined = await this.context.device.group(chatId);
    return joined?.isActive ? joined : await this.joinExternally(chatId);
  }

  /** Drops a Welcome that cannot be used: then this device joins by itself. */
  async takeWelcome({ id, chatId, rev, generation, message }: WaitingWelcome): Promise<void> {
    const { device, call } = this.context;
    try {
      const group = await device.join(chatId, message, generation);
      await this.joined(chatId, group, rev);
    } catch (error) {
      if (!(error instanceof MlsClientError) || error.code === "unreadable") throw error;
    }
    await call("mls.welcomeTaken", { deviceId: device.deviceId, welcomeId: id })
      .catch((error) => {
        if (!(error instanceof ChatError && error.code === "not_found")) throw error;
      });
  }

  /**
   * Joins with the GroupInfo that the server keeps: for a new device, or one that can no longer
   * follow.
   */
  async joinExternally(chatId: string): Promise<MlsGroup> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { groupInfo } = await this.context.call("mls.groupInfo", { chatId });
      const { staged, accepted } = await this.context.device.joinExternally(chatId, groupInfo);
      try {
        const { rev } = await postCommit(this.context.call, chatId, staged);
        const group = await accepted();
        await this.joined(chatId, group, rev);
        return group;
      } catch (error) {
        if (!isStale(error)) throw error;
        await yieldToOthers(tries);
      }
    }
    throw new ChatError("unavailable", "Cannot join the group: others keep changing the group");
  }

  /** Sets the cursor to the Commit by which this device joined: later items must be applied. */
  async joined(chatId: string, group: MlsGroup, rev: number): Promise<void> {
    await this.cursors.move(chatId, rev);
    await this.knownKeys.see(chatId, group.roster());
    this.context.emit("encryption.joined", { chatId, epoch: Number(group.joinedEpoch) });
  }
}
