import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Media } from "../../../src/model/media.ts";
import { MediaGone, QuotaExceeded } from "../../../src/store/store.ts";
import { aChange, aMedia, aMessage, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function mediaContract(test: ContractTest): void {
  test("an upload is stored whole, once, and listed for its owner", async (store) => {
    const ownerId = newId();
    const upload = { method: "tus", key: "media/x", id: "1" } as const;
    const first = aMedia({ ownerId, upload, encrypted: true });
    const second = aMedia({ ownerId, width: null, height: null, thumbHash: null, checkAt: null });
    for (const row of [first, second, aMedia()]) await store.media.create(row);
    await assert.rejects(store.media.create(first), { name: "DuplicateKey", key: "id" });
    assert.deepEqual(await store.media.byId(first.id), first);
    assert.equal(await store.media.byId(newId()), null);
    assert.deepEqual(byId(await store.media.byIds([second.id, first.id, newId()])), [
      first,
      second,
    ]);
    assert.deepEqual(await store.media.ofOwner(ownerId, null, 9), [first, second]);
    assert.deepEqual(await store.media.ofOwner(ownerId, null, 1), [first]);
    assert.deepEqual(await store.media.ofOwner(ownerId, first.id, 9), [second]);
    await store.media.remove(first.id);
    await store.media.remove(first.id);
    assert.deepEqual(await store.media.ofOwner(ownerId, null, 9), [second]);
  });

  test("an update applies only if the status is the expected one", async (store) => {
    const row = aMedia({ status: "pending" });
    await store.media.create(row);
    assert.equal(await store.media.update(row.id, "ready", { size: 5 }), null);
    assert.equal(await store.media.update(newId(), "pending", { size: 5 }), null);
    const patch = { status: "ready", size: 5, name: undefined, checkAt: null } as const;
    const ready = { ...row, status: "ready", size: 5, checkAt: null };
    assert.deepEqual(await store.media.update(row.id, "pending", patch), ready);
    assert.deepEqual(await store.media.byId(row.id), ready);
  });

  test("due uploads come in order, and are marked deleting only if unchanged since they were read", async (store) => {
    const rows = [T0 + 2, T0 + 1, T0 + 3, null].map((checkAt) => aMedia({ checkAt }));
    for (const row of rows) await store.media.create(row);
    const [second, first, later, never] = rows;
    assert.deepEqual(await store.media.due(T0 + 2, 9), [first, second]);
    assert.deepEqual(await store.media.due(T0 + 3, 1), [first]);
    assert.equal(await store.media.markDeleting(first.id, T0), false, "it was touched since");
    assert.equal(await store.media.markDeleting(never.id, T0), false);
    assert.equal(await store.media.markDeleting(later.id, T0 + 3), true);
    assert.equal((await store.media.byId(later.id))!.status, "deleting");
  });

  test("a commit counts references to an upload, and makes one that loses them due", async (store) => {
    const media = aMedia();
    await store.media.create(media);
    const { chat, messages: [message] } = await storedChat(store, { messages: [{}] });
    const carrying = aMessage(chat.id, 3, { media: [attachment(media)] });
    await store.chats.commit(aChange(2, { ...chat, rev: 3 }, {
      inserted: [carrying],
      mediaUses: [{ mediaId: media.id, by: 1 }],
    }));
    assert.deepEqual(await store.media.byId(media.id), { ...media, uses: 1, checkAt: null });
    assert.deepEqual(await store.messages.carrying(media.id, 9), [carrying]);
    assert.deepEqual(await store.messages.chatsCarrying(media.id), [chat.id]);
    assert.deepEqual(await store.messages.carrying(message.id, 9), []);
    const lost = { ...carrying, rev: 4, media: [] };
    const updatedAt = T0 + 77;
    await store.chats.commit(aChange(3, { ...chat, rev: 4, updatedAt }, {
      updated: [lost],
      mediaUses: [{ mediaId: media.id, by: -1 }],
    }));
    assert.deepEqual(await store.media.byId(media.id), { ...media, checkAt: updatedAt });
    assert.deepEqual(await store.messages.carrying(media.id, 9), []);
    assert.deepEqual(await store.messages.chatsCarrying(media.id), []);
  });

  test("used uploads are not marked deleting, and deleting ones are not attached", async (store) => {
    const used = aMedia({ uses: 1 }), gone = aMedia({ status: "deleting" });
    await store.media.create(used);
    await store.media.create(gone);
    assert.equal(await store.media.markDeleting(used.id, T0), false);
    const { chat } = await storedChat(store, {});
    const message = aMessage(chat.id, 2, { media: [attachment(gone)] });
    const change = aChange(1, { ...chat, rev: 2 }, {
      inserted: [message],
      mediaUses: [{ mediaId: used.id, by: 1 }, { mediaId: gone.id, by: 1 }],
    });
    await assert.rejects(store.chats.commit(change), MediaGone);
    assert.equal((await store.chats.byId(chat.id))!.rev, 1);
    assert.equal(await store.messages.byId(message.id), null);
    assert.equal((await store.media.byId(used.id))!.uses, 1);
    const missing = [{ mediaId: newId(), by: -1 }];
    assert.equal(
      await store.chats.commit(aChange(1, { ...chat, rev: 2 }, { mediaUses: missing })),
      "committed",
      "releasing a deleted upload is no fault",
    );
  });

  test(
    "a send that attaches and a sweep that marks deleting exclude each other",
    async (store, opened) => {
      const other = await opened.second();
      for (let round = 0; round < 20; round++) {
        const media = aMedia();
        await store.media.create(media);
        const { chat } = await storedChat(store, {});
        const change = aChange(1, { ...chat, rev: 2 }, {
          inserted: [aMessage(chat.id, 2, { media: [attachment(media)] })],
          mediaUses: [{ mediaId: media.id, by: 1 }],
        });
        const [sent, condemned] = await Promise.all([
          store.chats.commit(change).then(() => true, (error) => {
            assert(error instanceof MediaGone, String(error));
            return false;
          }),
          other.media.markDeleting(media.id, T0),
        ]);
        assert.notEqual(sent, condemned);
        const { status, uses } = (await store.media.byId(media.id))!;
        assert.deepEqual([status, uses], sent ? ["ready", 1] : ["deleting", 0]);
      }
    },
  );

  test("the storage usage of an owner is counted with every write", async (store) => {
    const ownerId = newId(), other = newId();
    const usage = () => store.media.usage(ownerId);
    assert.deepEqual(await usage(), { bytes: 0, openUploads: 0 });
    const open = aMedia({ ownerId, status: "pending", size: 100 });
    const put = { method: "put", key: "staging/x", until: T0 } as const;
    const staging = aMedia({ ownerId, status: "deleting", size: 7, upload: put });
    for (const row of [open, staging, aMedia({ ownerId: other })]) await store.media.create(row);
    assert.deepEqual(await usage(), { bytes: 107, openUploads: 1 });
    await store.media.update(open.id, "pending", { checkAt: T0 + 5 });
    await store.media.update(open.id, "pending", { status: "ready", size: 40 });
    assert.deepEqual(await usage(), { bytes: 47, openUploads: 0 });
    await store.media.update(staging.id, "deleting", { upload: null });
    assert.deepEqual(await usage(), { bytes: 40, openUploads: 0 }, "no URL leads to it any more");
    await store.media.remove(staging.id);
    assert.equal(await store.media.markDeleting(open.id, T0 + 5), true);
    assert.deepEqual(await usage(), { bytes: 0, openUploads: 0 });
    await store.media.remove(open.id);
    assert.deepEqual(await usage(), { bytes: 0, openUploads: 0 });
    assert.deepEqual(await store.media.usage(other), { bytes: 1234, openUploads: 0 });
  });

  test("removing an upload frees what it used, in whichever status, and nothing else", async (store) => {
    const put = { method: "put", key: "staging/x", until: T0 } as const;
    for (const status of ["pending", "ready", "deleting"] as const) {
      const ownerId = newId();
      const kept = aMedia({ ownerId, status: "pending", size: 10 });
      const row = aMedia({ ownerId, status, size: 7, upload: put });
      for (const each of [kept, row]) await store.media.create(each);
      await store.media.remove(row.id);
      const left = { bytes: 10, openUploads: 1 };
      assert.deepEqual(await store.media.usage(ownerId), left, status);
      await store.media.remove(kept.id);
      assert.deepEqual(await store.media.usage(ownerId), { bytes: 0, openUploads: 0 }, status);
    }
  });

  test("a write past the quota is rejected, and one that frees bytes never is", async (store) => {
    const ownerId = newId();
    const quota = { bytes: 100, openUploads: 2 };
    const pending = (size: number) => aMedia({ ownerId, status: "pending", size });
    const [first, second] = [pending(60), pending(40)];
    await store.media.create(first, quota);
    await assert.rejects(store.media.create(pending(41), quota), QuotaExceeded);
    await store.media.create(second, quota);
    await assert.rejects(store.media.create(pending(0), quota), QuotaExceeded, "open uploads");
    const grown = store.media.update(second.id, "pending", { size: 41 }, quota);
    await assert.rejects(grown, QuotaExceeded);
    assert.deepEqual(await store.media.byId(second.id), second);
    assert.deepEqual(await store.media.usage(ownerId), { bytes: 100, openUploads: 2 });
    const smaller = { bytes: 10, openUploads: 1 };
    const ready = { status: "ready", size: 39 } as const;
    assert.equal((await store.media.update(second.id, "pending", ready, smaller))!.size, 39);
    assert.deepEqual(await store.media.usage(ownerId), { bytes: 99, openUploads: 1 });
  });

  test(
    "of concurrent uploads, only as many begin as fit into the quota",
    async (store, opened) => {
      const other = await opened.second();
      const ownerId = newId();
      const quota = { bytes: 100, openUploads: 9 };
      const made = await Promise.all(Array.from({ length: 8 }, (_, n) => {
        const media = aMedia({ ownerId, status: "pending", size: 30 });
        return (n % 2 ? store : other).media.create(media, quota).then(() => true, (error) => {
          assert(error instanceof QuotaExceeded, String(error));
          return false;
        });
      }));
      assert.equal(made.filter(Boolean).length, 3);
      assert.deepEqual(await store.media.usage(ownerId), { bytes: 90, openUploads: 3 });
    },
  );

  test("bytes are shared with a ready upload, and used until the last row is deleting", async (store) => {
    const source = aMedia();
    await store.media.create(source);
    const quota = { bytes: 2000, openUploads: 1 };
    const share = (fields: Partial<Media> = {}) =>
      aMedia({ blobId: source.id, ownerId: "reader", ...fields });
    const shared = share();
    assert.equal(await store.media.createShared(shared, newId(), quota), false);
    assert.equal(await store.media.createShared(shared, source.id, quota), true);
    assert.deepEqual(await store.media.byId(source.id), source);
    assert.deepEqual(await store.media.sharedBy("reader", source.id), shared);
    assert.equal(await store.media.sharedBy("nobody", source.id), null);
    assert.deepEqual(await store.media.usage("reader"), { bytes: 1234, openUploads: 0 });
    await assert.rejects(store.media.createShared(share(), source.id, quota), QuotaExceeded);
    await store.media.update(source.id, "ready", { status: "deleting" });
    const late = share({ ownerId: "late" });
    assert.equal(await store.media.createShared(late, source.id, quota), false, "it is deleted");
    assert.equal(await store.media.isBlobUsed(source.id), true);
    const again = share({ ownerId: "third" });
    assert.equal(await store.media.createShared(again, shared.id, quota), true);
    await store.media.remove(source.id);
    for (const { id } of [shared, again]) {
      assert.equal(await store.media.isBlobUsed(source.id), true);
      await store.media.update(id, "ready", { status: "deleting" });
    }
    assert.equal(await store.media.isBlobUsed(source.id), false);
  });

  test("messages with one upload are listed up to the limit, and their chats once each", async (store) => {
    const media = aMedia();
    const carrying = { media: [attachment(media)] };
    const one = await storedChat(store, { messages: [carrying, carrying, {}] });
    const two = await storedChat(store, { messages: [carrying] });
    const all = [one.messages[0], one.messages[1], two.messages[0]];
    assert.deepEqual(byId(await store.messages.carrying(media.id, 9)), byId(all));
    assert.equal((await store.messages.carrying(media.id, 2)).length, 2);
    const chatIds = await store.messages.chatsCarrying(media.id);
    assert.deepEqual(chatIds.toSorted(), [one.chat.id, two.chat.id].toSorted());
  });

  test("groups are found by their picture", async (store) => {
    const avatarMediaId = newId();
    const { chat } = await storedChat(store, { chat: { avatarMediaId } });
    await storedChat(store, {});
    assert.deepEqual(await store.chats.withAvatar(avatarMediaId), [chat]);
    assert.deepEqual(await store.chats.withAvatar(newId()), []);
  });
}

function attachment({ id, kind, type, name, size, width, height, thumbHash }: Media) {
  return { id, kind, type, name, size, width, height, thumbHash };
}

function byId<Row extends { id: string }>(rows: Row[]): Row[] {
  return rows.toSorted((a, b) => a.id < b.id ? -1 : 1);
}
