import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { eventually } from "./eventually.ts";

/** The actions of a person on the page. */
export class PageVisitor {
  constructor(readonly page: Page, readonly name: string) {}

  static async register(page: Page, url: string, name: string): Promise<PageVisitor> {
    await page.goto(url);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Username").fill(name);
    await page.getByLabel("E-mail").fill(`${name}@example.com`);
    await page.getByLabel("Password").fill("correct horse battery staple");
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByRole("button", { name: "New chat" }).waitFor();
    return new PageVisitor(page, name);
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  /** Returns the texts of the messages on the page. */
  get texts(): Promise<string[]> {
    return this.page.locator(".messages .text").allTextContents();
  }

  message(text: string): Locator {
    return this.page.locator(".message", { hasText: text });
  }

  chat(name: string): Locator {
    return this.page.getByRole("navigation").getByRole("link", { name });
  }

  async startChat(username: string): Promise<void> {
    await this.page.getByRole("button", { name: "New chat" }).click();
    await this.page.getByLabel("Find people").fill(username);
    await this.page.getByRole("button", { name: `@${username}` }).click();
  }

  async startGroup(name: string, ...usernames: string[]): Promise<void> {
    await this.page.getByRole("button", { name: "New group" }).click();
    await this.page.getByLabel("Name of the group").fill(name);
    for (const username of usernames) {
      await this.page.getByLabel("Find people").fill(username);
      await this.page.getByRole("button", { name: `@${username}` }).click();
    }
    await this.page.getByRole("button", { name: "Create group" }).click();
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /**
   * Writes over the text of a message that is being edited, once the composer has it: a text that
   * is filled in while the composer changes is put after the old one.
   */
  async rewrite(old: string, text: string): Promise<void> {
    await eventually("the composer has the old text", async () => {
      return await this.composer.inputValue() === old;
    });
    await this.write(text);
  }

  /**
   * Lets toasts, and the time in which they undo something, last until the page is loaded again: on
   * a slow machine they would be gone before they are looked for.
   */
  async keepToasts(): Promise<void> {
    await this.page.evaluate(() => {
      const start = setTimeout;
      const delayed = (run: () => void, ms?: number) => start(run, ms === 6_000 ? 600_000 : ms);
      globalThis.setTimeout = delayed as typeof setTimeout;
    });
  }

  /** Returns the id of the open chat, from the address. */
  async openChatId(): Promise<string> {
    await this.page.waitForURL(/#.+/);
    return new URL(this.page.url()).hash.slice(1);
  }

  /** Returns the access token that the page's client keeps. */
  async token(): Promise<string> {
    return await this.page.evaluate(async () => {
      const opening = indexedDB.open("realtimechat", 1);
      await new Promise((resolve) => opening.onsuccess = resolve);
      const reading = opening.result.transaction("entries").objectStore("entries").get("session");
      await new Promise((resolve) => reading.onsuccess = resolve);
      opening.result.close();
      return JSON.parse(new TextDecoder().decode(reading.result)).accessToken;
    });
  }

  /** Calls the REST interface as the page would, for actions without a button. */
  async call(method: string, path: string, body?: object) {
    const token = await this.token();
    const { status, text } = await this.page.evaluate(async ({ method, path, body, token }) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body && { "content-type": "application/json" }),
      };
      const response = await fetch(`/api${path}`, { method, headers, body });
      return { status: response.status, text: await response.text() };
    }, { method, path, token, body: body && JSON.stringify(body) });
    assert.ok(status < 300, `${method} ${path} answered ${status}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  async id(): Promise<string> {
    return (await this.call("GET", "/users/profile")).id;
  }

  async act(text: string, action: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.getByRole("button", { name: "What to do with this message" }).click();
    await message.getByRole("button", { name: action, exact: true }).click();
  }
}
