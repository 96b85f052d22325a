import type { ClientSession, Collection } from "mongodb";
import type { Device, StoredKeyPackage } from "../../model/device.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import type { DeviceStore } from "../device_store.ts";
import { BoundedLists, insertBounded } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import {
  compoundKey,
  type Document,
  eq,
  fromDocument,
  fromDocumentOrNull,
  toDocument,
} from "./documents.ts";
import { WelcomeCollections } from "./welcomes.ts";
import type { CollectionSpec } from "./indexes.ts";
import { KEY_PACKAGES } from "./key_packages.ts";
import type { Transact } from "./transaction.ts";

export const DEVICES: CollectionSpec = {
  name: "devices",
  indexes: [{ name: "ofUser", key: { userId: 1, _id: 1 } }],
};

export class MongoDeviceStore implements DeviceStore {
  readonly #devices: Collection<Document<Device>>;
  readonly #keyPackages: Collection<Document<StoredKeyPackage>>;
  readonly #welcomes: WelcomeCollections;
  readonly #lists: BoundedLists;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#devices = mongo.collection(DEVICES);
    this.#keyPackages = mongo.collection(KEY_PACKAGES);
    this.#welcomes = new WelcomeCollections(mongo);
    this.#lists = new BoundedLists(mongo);
    this.#transact = mongo.transact;
  }

  create(device: Device, max: number): Promise<BoundedAdd<Device>> {
    const { userId, signatureKey } = device;
    return this.#lists.add([compoundKey(DEVICES.name, userId)], async (session) => {
      const same = { userId: eq(userId), signatureKey: eq(signatureKey) };
      const found = await this.#devices.findOne(same, { session });
      if (found) return { outcome: "exists", row: fromDocument<Device>(found) };
      const list = { userId: eq(userId) };
      const insert = { document: toDocument(device), row: device, list, max, session };
      return await insertBounded(this.#devices, insert);
    });
  }

  async byId(id: string): Promise<Device | null> {
    return fromDocumentOrNull<Device>(await this.#devices.findOne({ _id: eq(id) }));
  }

  async byIds(ids: string[]): Promise<Device[]> {
    return (await this.#devices.find({ _id: { $in: ids } }).toArray()).map(fromDocument<Device>);
  }

  async ofUsers(userIds: string[]): Promise<Device[]> {
    const found = this.#devices.find({ userId: { $in: userIds } }).sort({ userId: 1, _id: 1 });
    return (await found.toArray()).map(fromDocument<Device>);
  }

  remove(userId: string, ids?: string[]): Promise<Device[]> {
    return this.#transact((session) => this.delete(userId, ids, session));
  }

  /** Implements `remove` within the caller's transaction. */
  async delete(
    userId: string,
    ids: string[] | undefined,
    session: ClientSession,
  ): Promise<Device[]> {
    const wanted = { userId: eq(userId), ...(ids && { _id: { $in: ids } }) };
    const rows = await this.#devices.find(wanted, { session }).toArray();
    if (rows.length === 0) return [];
    const gone = rows.map(({ _id }) => _id);
    await this.#devices.deleteMany({ _id: { $in: gone } }, { session });
    await this.#keyPackages.deleteMany({ deviceId: { $in: gone } }, { session });
    await this.#welcomes.removeOfDevices(gone, session);
    return rows.map(fromDocument<Device>);
  }
}
