import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { assertAccessible } from "../support/axe.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";
import { flag } from "../support/pictures.ts";

Deno.test(
  "the page sends pictures and files with a message, shows them, and saves them",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    const picture = async (name: string, width: number) => {
      return { name, mimeType: "image/png", buffer: Buffer.from(await flag(width, 300, ".png")) };
    };
    const note = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("words") };
    await ann.startChat("bob");
    const input = ann.page.locator("input[type=file]");
    await input.setInputFiles([
      await picture("first.png", 400),
      await picture("second.png", 500),
      note,
    ]);
    await input.setInputFiles([{ ...note, name: "wrong.txt" }]);
    await ann.page.getByRole("button", { name: "Remove wrong.txt" }).click();
    await ann.page.locator(".upload progress").first().waitFor({ state: "detached" });
    await ann.write("See these");

    await bob.chat("ann").click();
    const message = bob.message("See these");
    await message.waitFor();
    const shown = message.locator(".picture img");
    await shown.nth(1).waitFor();
    await bob.page.waitForFunction(() => {
      const pictures = [...document.querySelectorAll<HTMLImageElement>(".picture img")];
      return pictures.length === 2 && pictures.every((each) => each.naturalWidth > 0);
    });
    await message.getByRole("button", { name: "first.png" }).click();
    const gallery = bob.page.getByRole("dialog", { name: "first.png" });
    await gallery.getByText("1 of 2").waitFor();
    await bob.page.keyboard.press("ArrowRight");
    const second = bob.page.getByRole("dialog", { name: "second.png" });
    await second.getByText("2 of 2").waitFor();
    await second.getByRole("button", { name: "Zoom in" }).click();
    await second.locator(".zoomed").waitFor();
    await assertAccessible(bob.page, "gallery");
    await bob.page.keyboard.press("-");
    await second.locator(".zoomed").waitFor({ state: "detached" });
    await second.getByRole("button", { name: "Previous picture" }).click();
    await gallery.getByRole("button", { name: "Next picture" }).waitFor();
    await bob.page.keyboard.press("Escape");
    await bob.page.getByRole("dialog").waitFor({ state: "detached" });

    const saving = bob.page.waitForEvent("download");
    await message.getByRole("link", { name: "note.txt" }).click();
    const saved = await saving;
    assert.equal(saved.suggestedFilename(), "note.txt");
    assert.equal(await Deno.readTextFile(await saved.path()), "words");
    assert.equal(await message.getByText("wrong.txt").count(), 0);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page attaches pasted files, and shows the reason when one is refused",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({ LIMIT_FILE_BYTES: "2000" });
    const { ann, browser } = world;
    await ann.startChat("bob");
    const paste = (name: string, length: number) =>
      ann.composer.evaluate((element, { name, length }) => {
        const data = new DataTransfer();
        data.items.add(new File(["x".repeat(length)], name, { type: "text/plain" }));
        const options = { clipboardData: data, bubbles: true, cancelable: true };
        element.dispatchEvent(new ClipboardEvent("paste", options));
      }, { name, length });
    await paste("small.txt", 10);
    await paste("large.txt", 5_000);
    await ann.page.locator(".upload-fault").waitFor();
    await ann.composer.press("Enter");
    // Nothing is sent without the file that failed: both wait for a decision.
    await ann.page.getByRole("button", { name: "Remove large.txt" }).click();
    await ann.page.getByRole("button", { name: "Send" }).click();
    await ann.message("small.txt").locator(".tick.sent, .tick.delivered").waitFor();
    assert.equal(await ann.page.locator(".upload").count(), 0);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page sends dropped files with the text once they are uploaded, and goes on with a failed one",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    const drop = (...names: string[]) =>
      ann.page.locator(".open-chat").evaluate((element, names) => {
        const dataTransfer = new DataTransfer();
        for (const name of names) {
          dataTransfer.items.add(new File([name], name, { type: "text/plain" }));
        }
        for (const type of ["dragenter", "dragover", "drop"]) {
          const options = { dataTransfer, bubbles: true, cancelable: true };
          element.dispatchEvent(new DragEvent(type, options));
        }
      }, names);
    // Files are taken as soon as this part is loaded.
    const { promise: mayUpload, resolve: upload } = Promise.withResolvers<void>();
    await ann.page.route("**/api/media/uploads**", async (route) => {
      await mayUpload;
      await route.continue();
    });
    await ann.composer.fill("Both of them");
    await ann.page.getByText("Nothing here yet").waitFor();
    await ann.page.waitForFunction(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], "probe.txt"));
      const event = new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true });
      document.querySelector(".open-chat")!.dispatchEvent(event);
      return event.defaultPrevented;
    });
    await drop("one.txt", "two.txt");
    await ann.page.getByText("two.txt").waitFor();
    await ann.composer.press("Enter");
    await ann.page.getByText("Sent as soon as the files are uploaded.").waitFor();
    assert.equal(await ann.composer.inputValue(), "Both of them");
    upload();
    await ann.message("Both of them").getByText("two.txt").waitFor();
    assert.equal(await ann.composer.inputValue(), "");
    await bob.chat("ann").click();
    await bob.message("Both of them").getByText("one.txt").waitFor();

    await ann.page.unrouteAll({ behavior: "wait" });
    await ann.page.route("**/api/media/uploads**", (route) => route.fulfill({ status: 403 }));
    await drop("three.txt");
    await ann.page.locator(".upload-fault").waitFor();
    await ann.page.unrouteAll({ behavior: "wait" });
    await ann.page.getByRole("button", { name: "Try again" }).click();
    await ann.page.locator(".upload progress, .upload-fault").waitFor({ state: "detached" });
    await ann.page.getByRole("button", { name: "Send" }).click();
    await bob.page.getByText("three.txt").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page shows the pictures of people and groups to the others",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    const buffer = Buffer.from(await flag(300, 300, ".png"));
    const picture = { name: "me.png", mimeType: "image/png", buffer };
    await ann.startGroup("Friends", "bob");
    await ann.write("Hello");
    await bob.chat("Friends").waitFor();
    await ann.page.getByRole("button", { name: "Friends" }).click();
    await ann.page.getByRole("dialog").locator("input[type=file]").setInputFiles(picture);
    const isShown = (selector: string) => {
      return [...document.querySelectorAll<HTMLImageElement>(selector)]
        .some((image) => image.naturalWidth > 0);
    };
    await bob.page.waitForFunction(isShown, ".chats .avatar img");
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("button", { name: "ann" }).first().click();
    await ann.page.getByRole("dialog").locator("input[type=file]").setInputFiles(picture);
    await bob.chat("Friends").click();
    await bob.page.waitForFunction(isShown, ".message .avatar img");
    await ann.page.getByRole("button", { name: "Remove the picture" }).click();
    await bob.page.locator(".message .avatar img").waitFor({ state: "detached" });
    assert.deepEqual(browser.faults, []);
  },
);
