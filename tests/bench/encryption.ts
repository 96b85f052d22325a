import { utf8 } from "../../src/client/mls/encoding.ts";
import type { MlsGroup } from "../../src/client/mls/mls_group.ts";
import { RawDevice } from "../encryption/raw_device.ts";
import { RunningApp } from "../support/running_app.ts";
import { median } from "./median.ts";

const SIZES = [2, 50, 200];
const MESSAGES = 50;
const CHANGES = 5;

interface Figures {
  members: number;
  send: number;
  receive: number;
  add: number;
  remove: number;
  join: number;
  externalJoin: number;
  commitBytes: number;
  welcomeBytes: number;
  groupInfoBytes: number;
}

/**
 * Measures encrypted groups with one device per person, over HTTP and with the server in the same
 * process: each figure is the time that a person waits, for the server and the client together;
 * medians in milliseconds.
 */
export async function encryption(): Promise<void> {
  console.log(
    "members | send | receive | add | remove | join | by oneself | Commit, Welcome, GroupInfo",
  );
  for (const members of SIZES) {
    const figures = await measure(members);
    const ms = [
      figures.send,
      figures.receive,
      figures.add,
      figures.remove,
      figures.join,
      figures.externalJoin,
    ].map((each) => `${each.toFixed(1)} ms`);
    const sizes = [figures.commitBytes, figures.welcomeBytes, figures.groupInfoBytes]
      .map((bytes) => `${(bytes / 1024).toFixed(1)}`);
    console.log(`${[members, ...ms].join(" | ")} | ${sizes.join(", ")} KiB`);
  }
}

async function measure(members: number): Promise<Figures> {
  await using app = await RunningApp.start();
  const names = Array.from({ length: members + 1 }, (_, i) => `person${i}`);
  const people = Object.values(await app.people(...names));
  const made = people.map((person, i) => RawDevice.make(app, person, i === members ? CHANGES : 1));
  const devices = await Promise.all(made);
  const [founder, reader] = devices;
  const guest = devices.pop()!;
  const group = await founder.newGroup();
  const added = devices.slice(1).map(({ person }) => founder.claim(person.id));
  const add = (await Promise.all(added)).flat();
  await founder.commit(group, { add });
  const readersGroup = await reader.join(group.chatId);
  const talk = await talkTimes(founder, group, readersGroup);
  return { members, ...talk, ...await changeTimes(founder, guest, group, readersGroup) };
}

async function talkTimes(founder: RawDevice, group: MlsGroup, reader: MlsGroup) {
  const [send, receive]: number[][] = [[], []];
  for (let i = 0; i < MESSAGES; i++) {
    let ciphertext = "";
    send.push(
      await timed(async () => {
        ciphertext = await group.encrypt(utf8(`A message of usual length, number ${i}`));
        await founder.send(group.chatId, ciphertext);
      }),
    );
    receive.push(await timed(() => reader.decrypt(ciphertext)));
  }
  return { send: median(send), receive: median(receive) };
}

/** Adds a guest and removes it again. */
async function changeTimes(
  founder: RawDevice,
  guest: RawDevice,
  group: MlsGroup,
  reader: MlsGroup,
) {
  const [add, remove, join, alone]: number[][] = [[], [], [], []];
  const { chatId } = group;
  const userId = guest.person.id;
  let sizes = { commitBytes: 0, welcomeBytes: 0, groupInfoBytes: 0 };
  for (let i = 0; i < CHANGES; i++) {
    const devices = await founder.claim(userId);
    add.push(
      await timed(async () => {
        const staged = await group.stage({ add: devices });
        await founder.post(chatId, staged);
        await group.accepted(staged);
        const [commit, welcome, info] = [staged.commit, staged.welcome!.message, staged.groupInfo]
          .map((text) => text.length * 3 / 4);
        sizes = { commitBytes: commit, welcomeBytes: welcome, groupInfoBytes: info };
      }),
    );
    join.push(await timed(() => guest.join(chatId)));
    alone.push(await timed(() => joinAlone(guest, chatId)));
    await catchUp(founder, group);
    remove.push(await timed(() => founder.commit(group, { removeUserIds: [userId] })));
    await guest.mls.forget(chatId);
  }
  await catchUp(founder, reader);
  return {
    add: median(add),
    remove: median(remove),
    join: median(join),
    externalJoin: median(alone),
    ...sizes,
  };
}

/**
 * Joins as a device whose state was lost: with the GroupInfo, and without another member's help.
 */
async function joinAlone(device: RawDevice, chatId: string): Promise<void> {
  const { body } = await device.http.get(`/api/chats/${chatId}/mls/group-info`);
  const { staged, accepted } = await device.mls.joinExternally(chatId, body.groupInfo);
  const { status } = await device.post(chatId, staged);
  if (status !== 201) throw new Error(`Joining was answered ${status}`);
  await accepted();
}

async function catchUp(device: RawDevice, group: MlsGroup): Promise<void> {
  const { body } = await device.http.get(`/api/chats/${group.chatId}/mls/commits?limit=100`);
  for (const { commit, epoch } of body.items) {
    if (BigInt(epoch) >= group.epoch) await group.processCommit(commit);
  }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
