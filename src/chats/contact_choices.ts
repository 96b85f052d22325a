import type { ContactAudiences } from "../model/contact.ts";
import type { Store } from "../store/store.ts";

/** Reads and changes whom a person lets add them to groups and write to them. */
export class ContactChoices {
  constructor(
    private readonly store: Pick<Store, "contacts">,
    private readonly defaults: ContactAudiences,
  ) {}

  async of(userId: string): Promise<ContactAudiences> {
    const [chosen] = await this.store.contacts.settingsOf([userId]);
    return {
      addToGroups: chosen?.addToGroups ?? this.defaults.addToGroups,
      write: chosen?.write ?? this.defaults.write,
    };
  }

  /** Fields that are left out stay as they are. */
  async change(userId: string, patch: Partial<ContactAudiences>): Promise<ContactAudiences> {
    const [chosen] = await this.store.contacts.settingsOf([userId]);
    await this.store.contacts.putSettings({
      userId,
      addToGroups: patch.addToGroups ?? chosen?.addToGroups ?? null,
      write: patch.write ?? chosen?.write ?? null,
    });
    return await this.of(userId);
  }
}
