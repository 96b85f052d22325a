import { delay } from "../../core/delay.ts";
import { newId } from "../../core/ids.ts";
import { ChatError, isPassing } from "../chat_error.ts";
import type { Call } from "../call.ts";
import type { StagedCommit } from "../mls/staged_commit.ts";

/** Attempts for a Commit or a message that others keep overtaking. */
export const MAX_TRIES = 30;

/** Posts a Commit, again under the same clientId until there is a response: it counts once. */
export async function postCommit(
  call: Call,
  chatId: string,
  { epoch, commit, groupInfo, welcome }: StagedCommit,
  people: { addUserIds?: string[]; removeUserIds?: string[] } = {},
): Promise<{ rev: number; epoch: number }> {
  const { addUserIds = [], removeUserIds = [] } = people;
  const clientId = newId();
  const request = {
    chatId,
    epoch,
    commit,
    groupInfo,
    welcome,
    addUserIds,
    removeUserIds,
    clientId,
  };
  return await untilAnswered(() => call("mls.commit", request));
}

/** Posts the first Commit of a group that replaces the chat's, repeated like `postCommit`. */
export async function postRestart(
  call: Call,
  chatId: string,
  generation: number,
  { commit, groupInfo, welcome }: StagedCommit,
): Promise<{ rev: number }> {
  const request = { chatId, generation, commit, groupInfo, welcome, clientId: newId() };
  return await untilAnswered(() => call("mls.restart", request));
}

async function untilAnswered<T>(post: () => Promise<T>): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      return await post();
    } catch (error) {
      if (!isPassing(error) || tries === 5) throw error;
      await delay((error as ChatError).retryAfterMs ?? 200 * 2 ** tries);
    }
  }
}

/** True if another device's Commit was first. */
export function isStale(error: unknown): boolean {
  return error instanceof ChatError && error.code === "stale_epoch";
}

/**
 * Waits for a random time, longer with each attempt: of several devices that keep overtaking each
 * other, one gets through.
 */
export function yieldToOthers(tries: number): Promise<void> {
  return delay(Math.random() * Math.min(50 * 2 ** tries, 1_000));
}
