import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { MessageSearch } from "../../../src/store/message_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { aChange, aMessage, sendTo, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

/** Texts with queries that find them and queries that do not. */
const SCRIPTS: Record<string, { text: string; found: string[]; missed: string[] }> = {
  "English": {
    text: "Let's meet at the Station, 8 p.m. (bring foo_bar & v2.5)!",
    found: ["station", "STATION meet", "meet sta", "8", "foo_bar", "v2.5", "let's", '"station"'],
    missed: ["tation", "stations", "meets station", "station tomorrow"],
  },
  "accents": {
    text: "Crème brûlée, Straße, ŁÓDŹ, Đà Nẵng, İstanbul, Ελλάδα, ёлка",
    found: [
      "creme",
      "BRULEE",
      "brûlée",
      "strasse",
      "lodz",
      "da nang",
      "istanbul",
      "ελλαδα",
      "елка",
    ],
    missed: ["crime", "nong"],
  },
  "Chinese": {
    text: "今天晚上我们在北京大学见面好吗",
    found: ["北京", "大学", "北京大学", "京", "今天 大学", "见面好"],
    missed: ["东京", "大北京", "学大"],
  },
  "Chinese whose pairs stand apart": {
    text: "京都と東京",
    found: ["東京", "京都", "京都 東京"],
    missed: ["東京都"],
  },
  "Japanese": {
    text: "東京タワーへ行きました。ｶﾞｿﾘﾝとパーティー",
    found: ["東京", "タワー", "東京タワー", "行きま", "ガソリン", "パーティー"],
    missed: ["京東", "カソリン", "バーティー"],
  },
  "Thai": {
    text: "วันนี้รถไฟฟ้ามาช้ามากครับ",
    found: ["รถไฟ", "ไฟฟ้า", "รถไฟฟ้า", "วันนี้", "วันนี", "ครับ"],
    missed: ["รถเมล์", "ไฟแดง"],
  },
  "Korean": {
    text: "내일 서울역에서 만나요",
    found: ["서울", "서울역", "서울 내일", "만나요"],
    missed: ["부산", "울서"],
  },
  "Arabic": {
    text: "مُحَمَّدٌ فِي الـمَدْرَسَة، رقم ٤٢",
    found: ["محمد", "المدرسة", "المدرسه", "مُحمد", "42", "المدر"],
    missed: ["مدرسة", "احمد"],
  },
  "Hindi": {
    text: "हम कल दिल्ली में मिलेंगे",
    found: ["दिल्ली", "दिल्", "कल दिल्ली"],
    missed: ["दल", "मिलगे"],
  },
  "Khmer, Hebrew and Burmese": {
    text: "ភាសាខ្មែរ שָׁלוֹם မြန်မာစကား",
    found: ["ខ្មែរ", "ភាសា", "שלום", "မြန်မာ", "စကား"],
    missed: ["ខ្មុម", "שלוש"],
  },
};

export function searchContract(test: ContractTest): void {
  for (const [script, { text, found, missed }] of Object.entries(SCRIPTS)) {
    test(`finds words of ${script}`, async (store) => {
      const { chat } = await storedChat(store, { messages: [{ text }, { text: "else" }] });
      for (const query of found) {
        assert.deepEqual(await texts(store, { chatIds: [chat.id], query }), [text], query);
      }
      for (const query of missed) {
        assert.deepEqual(await texts(store, { chatIds: [chat.id], query }), [], query);
      }
    });
  }

  test("a query without words finds nothing", async (store) => {
    const { chat } = await storedChat(store, { messages: [{ text: "one" }, { text: "% . *" }] });
    for (const query of ["", " ", "*", '"', "%", ".*", "-", "🎉", "()", "^"]) {
      assert.deepEqual(await texts(store, { chatIds: [chat.id], query }), [], query);
    }
  });

  test("query syntax of the database has no effect", async (store) => {
    const { chat } = await storedChat(store, {
      messages: [{ text: "one two" }, { text: "one or two" }, { text: "not near" }],
    });
    const find = (query: string) => texts(store, { chatIds: [chat.id], query });
    assert.deepEqual(await find("one OR two"), ["one or two"]);
    assert.deepEqual(await find("NOT near"), ["not near"]);
    assert.deepEqual(await find("one* two"), ["one or two", "one two"]);
    assert.deepEqual(await find('"two one"'), ["one or two", "one two"]);
    assert.deepEqual(await find("terms:one"), []);
  });

  test("searches only the given chats", async (store) => {
    const [a, b, c] = await Promise.all(
      ["a", "b", "c"].map((name) => storedChat(store, { messages: [{ text: `word ${name}` }] })),
    );
    const chatIds = [a.chat.id, c.chat.id];
    assert.deepEqual((await texts(store, { chatIds, query: "word" })).sort(), ["word a", "word c"]);
    assert.deepEqual(await texts(store, { chatIds, query: "b" }), []);
    assert.deepEqual(await texts(store, { chatIds: [], query: "word" }), []);
    assert.deepEqual(await texts(store, { chatIds: [newId()], query: "word" }), []);
    assert.equal((await texts(store, { chatIds: [b.chat.id], query: "word" })).length, 1);
  });

  test("searches a thousand chats", async (store) => {
    const { chat } = await storedChat(store, { messages: [{ text: "a needle here" }] });
    const others = await Promise.all(
      Array.from({ length: 999 }, () => storedChat(store, {})),
    );
    const chatIds = [...others.map((other) => other.chat.id), chat.id];
    assert.deepEqual(await texts(store, { chatIds, query: "here needle" }), ["a needle here"]);
  });

  test("finds the newest first among hundreds of chats, in pages", async (store) => {
    const made = await Promise.all(
      Array.from({ length: 250 }, () => storedChat(store, { messages: [{ text: "a word" }] })),
    );
    const ids = made.flatMap(({ messages }) => messages.map(({ id }) => id)).sort().reverse();
    // Neighbors in time are far from each other in the list.
    const chatIds = made.map((_, n) => made[n * 77 % made.length].chat.id);
    const found: string[] = [];
    for (let before: string | null = null, pages = 0; pages < 20; pages++) {
      const page = await store.messages.search({ chatIds, query: "word", before, limit: 16 });
      found.push(...page.messages.map(({ id }) => id));
      before = page.next;
      if (before === null) break;
    }
    assert.deepEqual(found, ids);
  });

  contentTests(test);
  pagingTests(test);
  changeTests(test);
}

/** Everything that a message shows is found: its last word, its pictures, its files. */
function contentTests(test: ContractTest): void {
  // As many different characters as Chinese uses, in pairs that hardly repeat.
  const CHARACTERS = Array.from(
    { length: 9_990 },
    (_, i) => String.fromCharCode(0x4e00 + (i * i * 31 + i * 17) % 3_500),
  );
  const LONG: Record<string, { text: string; found: string[]; missed: string[] }> = {
    "Chinese characters": {
      text: CHARACTERS.join("") + "，上海见面",
      found: ["上海", "上海见面", "海见", "面"],
      missed: ["见上海", "面上"],
    },
    "English words": {
      text: Array.from({ length: 1_900 }, (_, i) => `w${i}`).join(" ") + " rendezvous",
      found: ["rendezvous", "w1899", "rend"],
      missed: ["endezvous", "w1900"],
    },
    "Thai letters": {
      text: "วันนี้ ".repeat(1_400) + CHARACTERS.slice(0, 3_000).join("") + "รถไฟฟ้า",
      found: ["รถไฟ", "รถไฟฟ้า", "ไฟฟ"],
      missed: ["รถเมล์"],
    },
  };
  for (const [what, { text, found, missed }] of Object.entries(LONG)) {
    test(`finds the end of a long message of ${what}`, async (store) => {
      const { chat } = await storedChat(store, { messages: [{ text }, { text: "else" }] });
      for (const query of found) {
        assert.equal((await texts(store, { chatIds: [chat.id], query })).length, 1, query);
      }
      for (const query of missed) {
        assert.deepEqual(await texts(store, { chatIds: [chat.id], query }), [], query);
      }
    });
  }

  test("finds emoji with any selectors and skin tones", async (store) => {
    const { chat } = await storedChat(store, { messages: [{ text: "go 🎉❤️ 👍🏽 🇩🇪" }] });
    const find = (query: string) => texts(store, { chatIds: [chat.id], query });
    for (const query of ["🎉", "❤", "❤️", "👍", "👍🏿", "🇩🇪", "go 🎉"]) {
      assert.equal((await find(query)).length, 1, query);
    }
    for (const query of ["🎈", "🇫🇷", "🇪🇩"]) assert.deepEqual(await find(query), [], query);
  });

  test("finds a message by the names of its files, until it loses them", async (store) => {
    const media = ["Quarterly invoice_2024.pdf", "請求書.txt"].map((name) => ({
      id: newId(),
      kind: "file" as const,
      type: "application/pdf",
      name,
      size: 1,
      width: null,
      height: null,
      thumbHash: null,
    }));
    const { chat, messages: [message] } = await storedChat(store, {
      messages: [{ kind: "media", text: "", media }],
    });
    const find = (query: string) => texts(store, { chatIds: [chat.id], query });
    for (const query of ["invoice", "2024", "請求書", "quarterly 請求書"]) {
      assert.equal((await find(query)).length, 1, query);
    }
    const emptied = { ...message, rev: 3, media: [] };
    await store.chats.commit(aChange(2, { ...chat, rev: 3 }, { updated: [emptied] }));
    assert.deepEqual(await find("invoice"), []);
  });
}

function pagingTests(test: ContractTest): void {
  test("returns the highest id first, whatever the order of storing, in pages", async (store) => {
    const { chat } = await storedChat(store, {});
    const ids = Array.from({ length: 9 }, () => newId());
    const order = [3, 8, 0, 5, 1, 7, 2, 6, 4];
    const inserted = order.map((n, i) =>
      aMessage(chat.id, i + 2, { id: ids[n], text: `word ${n}` })
    );
    await store.chats.commit(aChange(1, { ...chat, rev: 10, lastSeq: 10 }, { inserted }));
    const page = (before: string | null) =>
      texts(store, { chatIds: [chat.id], query: "word", before, limit: 4 });
    assert.deepEqual(await page(null), ["word 8", "word 7", "word 6", "word 5"]);
    assert.deepEqual(await page(ids[5]), ["word 4", "word 3", "word 2", "word 1"]);
    assert.deepEqual(await page(ids[1]), ["word 0"]);
    assert.deepEqual(await page(ids[0]), []);
  });

  test("keeps the order of ids of one millisecond and of ids far apart", async (store) => {
    const { chat } = await storedChat(store, {});
    const ids = [
      "00000000-0001-7000-8000-000000000001",
      "0190a000-0000-7000-8000-000000000001",
      "0190a000-0000-7000-8000-000000000002",
      "0190a000-0000-7001-8000-000000000001",
      "0190a000-0001-7000-8000-000000000001",
      "03f00000-0000-7fff-bfff-ffffffffffff",
    ];
    const inserted = ids.map((id, i) => aMessage(chat.id, i + 2, { id, text: `word ${i}` }));
    await store.chats.commit(aChange(1, { ...chat, rev: 7, lastSeq: 7 }, { inserted }));
    const seen: string[] = [];
    for (let before: string | null = null;;) {
      const search = { chatIds: [chat.id], query: "word", before, limit: 1 };
      const { messages: [message] } = await store.messages.search(search);
      if (message === undefined) break;
      seen.push(before = message.id);
    }
    assert.deepEqual(seen, ids.toReversed());
  });

  test("finds old and new messages by a short prefix", async (store) => {
    const { chat } = await storedChat(store, {
      messages: Array.from({ length: 60 }, (_, i) => ({
        text: i === 3 ? "zebra apple" : `apple ${i}`,
        ...(i === 59 && { deletedAt: T0 }),
      })),
    });
    await storedChat(store, { messages: [{ text: "another zoo" }] });
    const find = (query: string, limit = 2) => texts(store, { chatIds: [chat.id], query, limit });
    assert.deepEqual(await find("a"), ["apple 58", "apple 57"]);
    assert.deepEqual(await find("z"), ["zebra apple"]);
    assert.deepEqual(await find("apple z"), ["zebra apple"]);
    assert.deepEqual(await find("apple 5"), ["apple 58", "apple 57"]);
    assert.deepEqual(await find("apple 7", 20), ["apple 7"]);
    assert.equal((await find("a", 100)).length, 59);
  });

  test("leads through all results by next, newest first over many chats", async (store) => {
    const chats = [];
    for (let i = 0; i < 3; i++) chats.push((await storedChat(store, {})).chat);
    for (let i = 0; i < 30; i++) {
      const sent = await sendTo(store, chats[i % 3], [i % 2 ? `東京都 ${i}` : `京都と東京 ${i}`]);
      chats[i % 3] = sent.chat;
    }
    const chatIds = chats.map(({ id }) => id);
    const seen: string[] = [];
    for (let before: string | null = null, pages = 0; pages < 30; pages++) {
      const search = { chatIds, query: "東京都", before, limit: 4 };
      const { messages, next } = await store.messages.search(search);
      seen.push(...messages.map(({ text }) => text));
      before = next;
      if (before === null) break;
    }
    const odd = Array.from({ length: 15 }, (_, i) => `東京都 ${29 - 2 * i}`);
    assert.deepEqual(seen, odd);
  });

  test("rejects a cursor of another store", async (store) => {
    const { chat } = await storedChat(store, {});
    const search = { chatIds: [chat.id], query: "word", before: "elsewhere", limit: 4 };
    await assert.rejects(store.messages.search(search), { code: "invalid_request" });
  });

  test("fills a page also where many match by their pairs only", async (store) => {
    const { chat } = await storedChat(store, {
      messages: Array.from({ length: 40 }, (_, i) => ({
        text: i % 10 === 0 ? `東京都 ${i}` : `京都と東京 ${i}`,
      })),
    });
    const search = { chatIds: [chat.id], query: "東京都", limit: 3 };
    assert.deepEqual(await texts(store, search), ["東京都 30", "東京都 20", "東京都 10"]);
  });
}

function changeTests(test: ContractTest): void {
  test("finds an edited message by its new words only", async (store) => {
    const { chat, messages: [message] } = await storedChat(store, {
      messages: [{ text: "old words" }],
    });
    const edited = { ...message, rev: 3, text: "new words" };
    await store.chats.commit(aChange(2, { ...chat, rev: 3 }, { updated: [edited] }));
    const find = (query: string) => texts(store, { chatIds: [chat.id], query });
    assert.deepEqual(await find("old"), []);
    assert.deepEqual(await find("new"), ["new words"]);
    assert.deepEqual(await find("words"), ["new words"]);
  });

  test("finds a message by its words after a change that keeps the text", async (store) => {
    const { chat, messages: [message] } = await storedChat(store, { messages: [{ text: "kept" }] });
    const pinned = { ...message, rev: 3, pinnedAt: T0 };
    await store.chats.commit(aChange(2, { ...chat, rev: 3 }, { updated: [pinned] }));
    const search = { chatIds: [chat.id], query: "kept", before: null, limit: 9 };
    assert.deepEqual(await store.messages.search(search), { messages: [pinned], next: null });
  });

  test("never finds deleted and encrypted messages", async (store) => {
    const { chat, messages: [message] } = await storedChat(store, {
      messages: [{ text: "secret one" }, {
        kind: "encrypted",
        text: "secret two",
        ciphertext: "AA",
      }],
    });
    // The text is kept, to show that the deletion counts.
    const deleted = { ...message, rev: 4, deletedAt: T0 };
    assert.deepEqual(await texts(store, { chatIds: [chat.id], query: "secret" }), ["secret one"]);
    await store.chats.commit(aChange(3, { ...chat, rev: 4 }, { updated: [deleted] }));
    assert.deepEqual(await texts(store, { chatIds: [chat.id], query: "secret" }), []);
  });

  test("finds a message that is sent and edited in one change set by its last words", async (store) => {
    const { chat } = await storedChat(store, {});
    const { chat: next, messages } = await sendTo(store, chat, ["first version", "another"]);
    const versions = ["second version", "third version"].map((text, i) => ({
      ...messages[0],
      rev: next.rev + 1 + i,
      text,
    }));
    const head = { ...next, rev: next.rev + 2 };
    await store.chats.commit(aChange(next.rev, head, { updated: [versions[1]] }));
    const find = (query: string) => texts(store, { chatIds: [chat.id], query });
    assert.deepEqual(await find("first"), []);
    assert.deepEqual(await find("version"), ["third version"]);
  });

  test("stores very long texts and words, and finds them by their beginning", async (store) => {
    const text = `start ${"x".repeat(5_000)} ${"word ".repeat(5_000)}`;
    const { chat } = await storedChat(store, { messages: [{ text }] });
    for (const query of ["start", "x".repeat(5_000), "xxxx", `start ${"wor ".repeat(1)}`]) {
      assert.equal((await texts(store, { chatIds: [chat.id], query })).length, 1, query);
    }
  });
}

async function texts(
  store: Store,
  search: Partial<MessageSearch> & Pick<MessageSearch, "chatIds" | "query">,
): Promise<string[]> {
  const found = await store.messages.search({ before: null, limit: 20, ...search });
  return found.messages.map(({ text }) => text);
}
