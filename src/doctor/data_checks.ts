import { newId } from "../core/ids.ts";
import type { BlobStore } from "../media/blobs/blob_store.ts";
import type { Store } from "../store/store.ts";
import { type Check, fault, type Finding, fine } from "./finding.ts";

/**
 * A service that stores data: opened by its adapter, and tested by writing and deleting rows that
 * belong to no user.
 */
export interface StoreProbe {
  subject: string;
  cure: string;
  open(): Promise<Store>;
  /** Looks at the open store further; only reads. */
  look?(store: Store): Promise<Finding[]>;
}

/**
 * Checks a store. Opening it checks the connection and the replica set; the probe needs the rights
 * to index, to write and to use transactions.
 */
export function storeCheck({ subject, cure, open, look }: StoreProbe): Check {
  return {
    subject,
    cure,
    async run() {
      const store = await open();
      try {
        await writeInTransaction(store);
        const works = "it can be read, written and indexed, and runs transactions";
        return [fine(subject, works), ...await look?.(store) ?? []];
      } finally {
        await store.close();
      }
    },
  };
}

async function writeInTransaction({ contacts }: Store): Promise<void> {
  const [userId, fromId, now] = [newId(), newId(), Date.now()];
  const fields = { id: newId(), kind: "group" as const, userId, fromId, chatId: newId() };
  const request = { ...fields, createdAt: now, expiresAt: now + 60_000, declinedAt: null };
  try {
    await contacts.addRequest(request, { received: 1, sent: 1 });
    if (!await contacts.request(request.id)) throw new Error("the written row is not there");
  } finally {
    for (const id of [userId, fromId]) await contacts.deleteAllOf(id);
  }
}

const BYTES = new TextEncoder().encode("Written by the doctor of RealTimeChat; may be deleted.");
const TYPE = "text/plain";
/** Seconds for which a presigned URL is valid. */
const EXPIRES_S = 60;

/** Tests put, get, both presigned URLs and delete. */
export function blobCheck(subject: string, cure: string, open: () => Promise<BlobStore>): Check {
  return {
    subject,
    cure,
    async run() {
      const blobs = await open();
      const key = `doctor/${newId()}`;
      try {
        await blobs.put(key, new Blob([BYTES]).stream(), { contentType: TYPE });
        const found = await blobs.get(key);
        const text = found && await new Response(found.body).text();
        if (text?.length !== BYTES.length) {
          throw new Error("the file that was read differs from the one written");
        }
        const findings = await presignedFindings(subject, blobs, key);
        await blobs.delete(key);
        return [fine(subject, "files can be put, got and deleted"), ...findings];
      } finally {
        await blobs.delete(key).catch(() => {});
        await blobs.close();
      }
    },
  };
}

async function presignedFindings(
  subject: string,
  blobs: BlobStore,
  key: string,
): Promise<Finding[]> {
  const put = await blobs.presignPut(key, {
    contentType: TYPE,
    contentLength: BYTES.length,
    expiresIn: EXPIRES_S,
  });
  const get = await blobs.presignGet(key, { expiresIn: EXPIRES_S });
  if (put === null || get === null) return [];
  const sent = await fetch(put.url, { method: put.method, headers: put.headers, body: BYTES });
  const got = await fetch(get);
  const statuses = [sent.status, got.status];
  await Promise.all([sent.body?.cancel(), got.body?.cancel()]);
  return statuses.every((status) => status === 200)
    ? [fine(subject, "presigned addresses work from this host")]
    : [fault(
      subject,
      `presigned addresses are refused (PUT ${sent.status}, GET ${got.status}); ` +
        "compare the host's clock, AWS_REGION and the policy of the bucket",
    )];
}
