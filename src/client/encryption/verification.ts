import { ChatError } from "../chat_error.ts";
import { fromUtf8, toBase64Url, utf8 } from "../mls/encoding.ts";
import type { Member } from "../mls/suite.ts";
import type { EncryptionContext } from "./context.ts";

/** The keys of both users that were part of the number when it was compared. */
interface Compared {
  own: string[];
  theirs: string[];
}

/** The users whose safety numbers the caller has compared. */
export class Verification {
  constructor(private readonly context: EncryptionContext) {}

  /** Throws `not_found` if the other user has no device in the roster. */
  async number(roster: Member[], userId: string): Promise<string> {
    // Loaded when people first compare it.
    const { personIn, safetyNumber } = await import("../mls/safety_number.ts");
    const other = personIn(roster, userId);
    if (other.signatureKeys.length > 0) {
      return await safetyNumber(personIn(roster, this.context.userId), other);
    }
    throw new ChatError("not_found", `User ${userId} has no device in this encrypted chat`);
  }

  /**
   * `number` is the compared one: if it is no longer that of the roster, a key was added in
   * between, and nothing is marked.
   */
  async mark(roster: Member[], userId: string, number: string): Promise<void> {
    if (number.replace(/\s/g, "") !== await this.number(roster, userId)) {
      const about =
        `Mark ${userId} as verified: the safety number is not the one that was compared`;
      throw new ChatError("conflict", about);
    }
    const compared: Compared = {
      own: keysOf(roster, this.context.userId),
      theirs: keysOf(roster, userId),
    };
    await this.context.store.write({ [nameOf(userId)]: utf8(JSON.stringify(compared)) });
  }

  /** True if every key of both users was compared; removing a device does not end it. */
  async holds(roster: Member[], userId: string): Promise<boolean> {
    const compared = await this.#read(userId);
    const theirs = keysOf(roster, userId);
    if (!compared || theirs.length === 0) return false;
    return theirs.every((key) => compared.theirs.includes(key)) &&
      keysOf(roster, this.context.userId).every((key) => compared.own.includes(key));
  }

  /** True if the user was ever marked, whatever has changed since. */
  async wasMarked(userId: string): Promise<boolean> {
    return await this.#read(userId) !== null;
  }

  async #read(userId: string): Promise<Compared | null> {
    const stored = await this.context.store.read(nameOf(userId));
    return stored ? JSON.parse(fromUtf8(stored)) : null;
  }
}

function keysOf(roster: Member[], userId: string): string[] {
  return roster.filter((member) => member.userId === userId)
    .map(({ signatureKey }) => toBase64Url(signatureKey));
}

function nameOf(userId: string): string {
  return `verified/${userId}`;
}
