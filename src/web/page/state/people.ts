import type { ChatClient, Person } from "../../../client/mod.ts";
import { t } from "../texts/texts.ts";
import { signalOf } from "./signal_of.ts";

/** People as the library knows them, read in signals. */
export class People {
  constructor(private readonly client: ChatClient) {}

  person(userId: string): Person {
    return signalOf(this.client.people.view(userId)).value;
  }

  nameOf(userId: string): string {
    const { name } = this.person(userId);
    return name || t().someone;
  }

  isBlocked(userId: string): boolean {
    return this.person(userId).blocked;
  }
}
