import assert from "node:assert/strict";
import { assertAccessible } from "../support/axe.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

/** A microphone that beeps, and may be used without being asked for. */
const MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

Deno.test(
  "the page records a voice message with a meter, plays it before sending, and at twice the speed after",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({}, MICROPHONE);
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    const record = ann.page.getByRole("button", { name: "Record a voice message" });
    await record.click();
    const bar = ann.page.getByRole("group", { name: "Voice message" });
    const isLoud = () => {
      const meter = document.querySelector<HTMLElement>(".voice-meter");
      return Number(meter?.dataset.level) > 0;
    };
    await ann.page.waitForFunction(isLoud);
    await assertAccessible(ann.page, "recording");
    await ann.page.keyboard.press("Escape");
    await bar.waitFor({ state: "detached" });

    await record.click();
    await ann.page.waitForFunction(isLoud);
    await bar.getByRole("timer").getByText(/[1-9]$/).waitFor();
    await bar.getByRole("button", { name: "Stop recording" }).click();
    await bar.getByRole("button", { name: "Play" }).waitFor();
    await assertAccessible(ann.page, "preview of a recording");
    await bar.getByRole("button", { name: "Play" }).click();
    await ann.page.waitForFunction(() => {
      return document.querySelector<HTMLAudioElement>(".voice audio")!.played.length > 0;
    });
    await bar.getByRole("button", { name: "Send the voice message" }).click();
    await ann.page.locator(".message .player").waitFor();

    await bob.chat("ann").click();
    const note = bob.page.locator(".message .player");
    await note.getByRole("button", { name: "Speed 1×" }).click();
    await note.getByRole("button", { name: "Speed 1.5×" }).click();
    // Its length was found by going to its end.
    await bob.page.waitForFunction(() => {
      const slider = document.querySelector<HTMLInputElement>(".player input");
      return Number(slider?.max) > 0 && Number(slider?.max) < 60;
    });
    await note.getByRole("button", { name: "Play" }).click();
    await bob.page.waitForFunction(() => {
      const { playbackRate, played } = document.querySelector<HTMLAudioElement>(".player audio")!;
      return playbackRate === 2 && played.length > 0;
    });
    await assertAccessible(bob.page, "voice message");

    const { items } = await ann.call("GET", `/messages/${await ann.openChatId()}`);
    const [{ media: [{ id: mediaId }] }] = items;
    await ann.call("POST", "/messages", { recipientId: await bob.id(), mediaIds: [mediaId] });
    await note.nth(1).waitFor();
    // Its end would stop it, too.
    await note.first().locator("audio").evaluate((audio: HTMLAudioElement) => {
      audio.loop = true;
      return audio.play();
    });
    await note.nth(1).getByRole("button", { name: "Play" }).click();
    await bob.page.waitForFunction(() => {
      const [first, second] = document.querySelectorAll<HTMLAudioElement>(".player audio");
      return first.paused && second.played.length > 0;
    });
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test("the page says that the microphone may not be used", PAGE_TEST, async () => {
  await using world = await pageWorld({}, ["--use-fake-device-for-media-stream"]);
  const { ann, browser } = world;
  await ann.keepToasts();
  await ann.startChat("bob");
  await ann.page.evaluate(() => {
    const refuse = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
    navigator.mediaDevices.getUserMedia = refuse;
  });
  await ann.page.getByRole("button", { name: "Record a voice message" }).click();
  await ann.page.getByText("The microphone cannot be used.").waitFor();
  await ann.write("Then in writing");
  await ann.message("Then in writing").waitFor();
  assert.deepEqual(browser.faults, []);
});
