import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import type { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";
import { flag } from "../support/pictures.ts";

const SMALL_PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

/** Labels of the open menu's buttons, and of those that a press would reach. */
async function labelsOfMenu(visitor: PageVisitor): Promise<{ all: string[]; reached: string[] }> {
  return await visitor.page.locator(".menu button").evaluateAll((buttons) => {
    const label = (button: Element) => button.ariaLabel ?? button.textContent ?? "";
    const reached = buttons.filter((button) => {
      const { left, right, top, bottom } = button.getBoundingClientRect();
      return [top + 1, bottom - 1].every((y) =>
        button.contains(document.elementFromPoint((left + right) / 2, y))
      );
    });
    return { all: buttons.map(label), reached: reached.map(label) };
  });
}

Deno.test(
  "on a small phone a message's menu is within the list, wherever the message is",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    const cat = await world.join("cat", SMALL_PHONE);
    await ann.startChat("cat");
    for (let i = 1; i <= 4; i++) await ann.write(`Number ${i}, which is longer than the others`);
    await cat.chat("ann").tap();
    // One that arrives later would move the list under an open menu.
    await cat.message("Number 4").waitFor();
    await cat.write("One of mine, which is wide enough");
    for (const text of ["Number 1", "Number 2", "Number 3", "Number 4", "One of mine"]) {
      await cat.message(text).getByRole("button", { name: "What to do with this message" }).tap();
      await cat.page.locator(".menu").waitFor();
      const { all, reached } = await labelsOfMenu(cat);
      assert(all.length >= 12, `${all}`);
      assert.deepEqual(reached, all, text);
      await eventually("the menu is closed", async () => {
        await cat.page.keyboard.press("Escape");
        return await cat.page.locator(".menu").count() === 0;
      });
    }
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "a message's menu that is higher than the list scrolls",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    const cat = await world.join("cat", { ...SMALL_PHONE, viewport: { width: 640, height: 360 } });
    await ann.startChat("cat");
    await ann.write("Read this");
    await cat.chat("ann").tap();
    const message = cat.message("Read this");
    await message.getByRole("button", { name: "What to do with this message" }).tap();
    const menu = (await cat.page.locator(".menu").boundingBox())!;
    const list = (await cat.page.locator(".scroller").boundingBox())!;
    assert(menu.y >= list.y && menu.y + menu.height <= list.y + list.height);
    const [first, last] = ["React with 👍", "Report"];
    for (const name of [last, first]) {
      const button = cat.page.getByRole("button", { name, exact: true });
      await button.scrollIntoViewIfNeeded();
      await eventually(`${name} is in view`, async () => {
        return (await labelsOfMenu(cat)).reached.includes(name);
      });
    }
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test("the empty list of chats offers to find someone", PAGE_TEST, async () => {
  await using world = await pageWorld();
  const { ann, browser } = world;
  const { page } = ann;
  await page.getByRole("button", { name: "Find someone" }).click();
  await page.getByLabel("Find people").fill("bob");
  await page.getByRole("button", { name: "@bob" }).click();
  await ann.composer.waitFor();
  await ann.write("Hello");
  await page.getByRole("button", { name: "Find someone" }).waitFor({ state: "detached" });
  assert.deepEqual(browser.faults, []);
});

Deno.test(
  "on a small phone a picture with a long name is shown in the middle of the gallery",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    const cat = await world.join("cat", SMALL_PHONE);
    const name = `Holidays${" at the seaside".repeat(5)}.png`;
    await ann.startChat("cat");
    await ann.page.locator("input[type=file]").setInputFiles([
      { name, mimeType: "image/png", buffer: Buffer.from(await flag(400, 300, ".png")) },
    ]);
    await ann.page.locator(".upload progress").waitFor({ state: "detached" });
    await ann.write("See this");

    await cat.chat("ann").tap();
    await cat.message("See this").getByRole("button", { name }).tap();
    const shown = cat.page.getByRole("dialog", { name }).getByRole("img", { name });
    const { x, width } = (await shown.boundingBox())!;
    assert(x >= 0 && x + width <= SMALL_PHONE.viewport.width, `from ${x} to ${x + width}`);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "on a small phone with texts of twice the size the buttons fit, and the composer is wide enough",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    const cat = await world.join("cat", SMALL_PHONE);
    await ann.startChat("cat");
    await ann.write("Hello");
    await cat.chat("ann").waitFor();
    await cat.page.evaluate(() => document.documentElement.style.fontSize = "200%");
    const phoneWidth = SMALL_PHONE.viewport.width;
    const last = (await cat.page.getByRole("button", { name: "Sign out" }).boundingBox())!;
    assert(last.x + last.width <= phoneWidth, `the last button ends at ${last.x + last.width}`);
    await cat.chat("ann").tap();
    const { width } = (await cat.composer.boundingBox())!;
    assert(width >= phoneWidth * 0.45, `${width} pixels`);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test("the page is as high as the window, and has no scroll bar", PAGE_TEST, async () => {
  await using world = await pageWorld();
  const { ann, browser } = world;
  const heights = () =>
    ann.page.evaluate(() => [document.documentElement.scrollHeight, innerHeight]);
  const [list, listWindow] = await heights();
  assert.equal(list, listWindow);
  await ann.startChat("bob");
  await ann.write("Hello");
  await ann.message("Hello").waitFor();
  const [chat, chatWindow] = await heights();
  assert.equal(chat, chatWindow);
  assert.deepEqual(browser.faults, []);
});
