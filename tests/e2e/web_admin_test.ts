import assert from "node:assert/strict";
import { generateSync } from "otplib";
import { eventually } from "../support/eventually.ts";
import { assertAccessible } from "../support/axe.ts";
import { grantAdmin } from "../support/grant_admin.ts";
import { HttpClient } from "../support/http_client.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";
import type { PageVisitor } from "../support/page_visitor.ts";
import { signIn } from "../support/sign_in_world.ts";

const PASSWORD = "correct horse battery staple";

async function openView(visitor: PageVisitor, view: string): Promise<void> {
  await visitor.page.evaluate((hash) => location.hash = hash, view);
}

/** Returns the id of the newest message of the open chat. */
async function messageIdOf(visitor: PageVisitor): Promise<string> {
  const { items } = await visitor.call("GET", `/messages/${await visitor.openChatId()}`);
  return items.at(-1).id;
}

Deno.test(
  "the administrators' view is closed to others, and says what an administrator still lacks",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({ ADMIN_SECOND_FACTOR: "required" });
    const { ann, server, browser } = world;
    await openView(ann, "admin");
    await ann.page.getByText("For administrators only").waitFor();
    await assertAccessible(ann.page, "closed to others");
    await ann.page.getByRole("link", { name: "Back to the chats" }).click();
    await ann.page.getByRole("button", { name: "New chat" }).waitFor();

    await grantAdmin(server, "ann");
    await openView(ann, "admin");
    await ann.page.getByText("turn on a second factor first").waitFor();
    const { secret } = await ann.call("POST", "/auth/2fa/enable", {});
    await ann.call("POST", "/auth/2fa/verify", { code: generateSync({ secret }) });
    await ann.page.reload();
    await ann.page.getByText("Nothing to decide").waitFor();
    await assertAccessible(ann.page, "no reports");
    await ann.page.getByRole("link", { name: "Back to the chats" }).click();
    await ann.page.getByTitle("Settings", { exact: true }).click();
    await ann.page.getByRole("link", { name: "Administration" }).click();
    await ann.page.getByRole("heading", { name: "Reports" }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator reads reports with their evidence, filters and resolves them",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({ ADMIN_SECOND_FACTOR: "optional" });
    const { ann, bob, browser, server } = world;
    const { page } = ann;
    await grantAdmin(server, "ann");
    await bob.startChat("ann");
    await bob.write("Buy **watches** at https://example.com/w");
    await ann.chat("bob").click();
    await ann.message("watches").waitFor();
    await ann.act("watches", "Report");
    const form = page.getByRole("dialog", { name: "Report this person" });
    await form.getByLabel("Reason").selectOption("Spam");
    await form.getByLabel(/^What happened/).fill("Every day");
    await assertAccessible(page, "reporting a message");
    await form.getByRole("button", { name: "Send the report" }).click();
    await form.waitFor({ state: "detached" });
    // The report keeps the message as it was.
    await bob.call("DELETE", `/messages/${await messageIdOf(ann)}`);
    await ann.message("Message deleted").waitFor();
    const another = { userId: await bob.id(), reason: "impersonation" };
    await ann.call("POST", "/users/report", another);

    await openView(ann, "admin");
    const reports = page.getByRole("article", { name: "Report of bob" });
    await reports.nth(1).waitFor();
    const withEvidence = reports.filter({ hasText: "watches" });
    await withEvidence.getByRole("link", { name: "https://example.com/w" }).waitFor();
    await withEvidence.getByText("Every day").waitFor();
    await reports.filter({ hasText: "without a message" }).waitFor();
    await assertAccessible(page, "reports");
    await page.getByLabel("Reason").selectOption("Violence or threats");
    await page.getByText("Nothing matches").waitFor();
    await page.getByLabel("Reason").selectOption("Spam");
    await withEvidence.waitFor();
    assert.equal(await reports.count(), 1);

    await withEvidence.getByRole("button", { name: "Resolve" }).click();
    await withEvidence.getByLabel(/^What did you decide/).fill("Warned");
    await assertAccessible(page, "resolving a report");
    await withEvidence.getByRole("button", { name: "Resolve" }).click();
    await withEvidence.waitFor({ state: "detached" });
    await page.getByLabel("Reason").selectOption("Any reason");
    await reports.getByRole("button", { name: "Dismiss" }).click();
    await page.getByText("Nothing to decide").waitFor();
    await page.getByLabel("All", { exact: true }).check();
    await reports.nth(1).waitFor();
    await reports.filter({ hasText: "watches" }).getByText(/^Resolved .* by/).waitFor();
    await page.getByRole("link", { name: "Audit log", exact: true }).click();
    await page.locator(".audit-row", { hasText: "Report resolved" }).getByText("Warned").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator finds an account by keyboard, suspends it, lifts that, and ends its sessions",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({ ADMIN_SECOND_FACTOR: "optional" });
    const { ann, bob, browser, server } = world;
    const { page } = ann;
    await grantAdmin(server, "ann");
    await openView(ann, "admin/people");
    await page.getByText("Pick a person").waitFor();
    await assertAccessible(page, "people");
    await page.getByRole("searchbox").fill("bo");
    await page.getByRole("link", { name: "@bob" }).waitFor();
    for (let stop = 0; stop < 3; stop++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const account = page.getByRole("article", { name: "bob" });
    await account.getByText("Active").waitFor();
    await assertAccessible(page, "an account");

    await account.getByRole("button", { name: "Suspend" }).click();
    const dialog = page.getByRole("dialog", { name: "Suspend bob?" });
    await dialog.getByLabel("Reason, shown to the person").fill("Spam, after two warnings");
    await dialog.getByLabel("For how long").selectOption("A week");
    await assertAccessible(page, "suspending");
    await dialog.getByRole("button", { name: "Suspend" }).click();
    await account.getByText(/^Suspended until/).waitFor();
    await bob.page.getByText("Your session has ended").waitFor();
    await signIn(bob.page, "bob", PASSWORD);
    await bob.page.getByRole("alert").getByText("Spam, after two warnings").waitFor();
    await account.getByRole("button", { name: "Lift the suspension" }).click();
    await account.getByText("Active").waitFor();
    await signIn(bob.page, "bob", PASSWORD);
    await bob.page.getByRole("button", { name: "New chat" }).waitFor();

    await account.getByRole("button", { name: "End all sessions" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End all sessions" }).click();
    await page.getByText(/\bended$/).first().waitFor();
    await bob.page.getByText("Your session has ended").waitFor();

    await account.getByRole("link", { name: "Open in the audit log" }).click();
    await page.getByText("About bob").waitFor();
    await page.getByLabel("Kind").selectOption("Reports and suspensions");
    const rows = page.locator(".audit-row");
    await rows.filter({ hasText: "Account suspended" }).getByText("two warnings").waitFor();
    const created = rows.filter({ hasText: "Account created" });
    await eventually("other kinds are gone", async () => await created.count() === 0);
    await assertAccessible(page, "audit log");
    await page.getByRole("link", { name: "Show everybody" }).click();
    await page.getByLabel("Kind").selectOption("Everything");
    await rows.filter({ hasText: "Made an administrator" }).waitFor();
    await page.getByLabel("About whom").fill("ann");
    await page.getByLabel("About whom").press("Enter");
    await page.getByText("About ann").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await assertAccessible(page, "audit log on a phone");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 390, `${width} px wide`);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator finds people by address, own id and state, and suspends one until a time",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({ ADMIN_SECOND_FACTOR: "optional" });
    const { ann, bob, browser, server } = world;
    const { page } = ann;
    await grantAdmin(server, "ann");
    const scopes = ["users:write", "tokens:write"];
    const { token } = await ann.call("POST", "/admin/api-keys", { name: "Backend", scopes });
    const backend = new HttpClient(server.url, token);
    await backend.put("/api/server/users/customer-17", { name: "Cleo Customer" });
    await openView(ann, "admin/people");
    const found = page.locator(".found-people a");
    await found.nth(2).waitFor();
    const names = await found.locator("bdi:first-child").allTextContents();
    assert.deepEqual(names, ["Cleo Customer", "bob", "ann"], "the newest first");
    await page.getByLabel("Search by").selectOption("Your own id");
    await page.getByRole("searchbox").fill("customer-17");
    await found.filter({ hasText: "Cleo Customer" }).click();
    const cleo = page.getByRole("article", { name: "Cleo Customer" });
    await cleo.locator(".facts").getByText("customer-17").waitFor();
    await assertAccessible(page, "an account of one's own users");

    await page.getByLabel("Search by").selectOption("E-mail address");
    await page.getByRole("searchbox").fill("bob@example");
    await page.getByText("Nobody found").waitFor();
    await page.getByRole("searchbox").fill("bob@example.com");
    await found.filter({ hasText: "@bob" }).click();
    const account = page.getByRole("article", { name: "bob" });
    await account.getByText("bob@example.com (not confirmed)").waitFor();
    await account.getByRole("button", { name: "Suspend" }).click();
    const dialog = page.getByRole("dialog", { name: "Suspend bob?" });
    await dialog.getByLabel("Reason, shown to the person").fill("Too loud");
    await dialog.getByLabel("For how long").selectOption("Until a time");
    await dialog.getByLabel("Suspended until").fill("2099-05-01T10:00");
    await assertAccessible(page, "suspending until a time");
    await dialog.getByRole("button", { name: "Suspend" }).click();
    await account.getByText("Suspended until 1 May 2099").waitFor();
    await bob.page.getByText("Your session has ended").waitFor();

    await page.getByRole("searchbox").fill("");
    await page.getByLabel("Show").selectOption("Suspended or deactivated");
    await found.filter({ hasText: "@bob" }).getByText("Suspended").waitFor();
    await eventually("nobody else is listed", async () => await found.count() === 1);
    await page.getByLabel("Show").selectOption("Administrators");
    await found.filter({ hasText: "@ann" }).waitFor();
    await openView(ann, "admin/audit");
    const looked = page.locator(".audit-row", { hasText: "Looked up by address" });
    await looked.first().waitFor();
    assert.equal(await looked.count(), 1, "an unfinished address is not looked up");
    await page.setViewportSize({ width: 390, height: 844 });
    await openView(ann, "admin/people");
    await assertAccessible(page, "people on a phone");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 390, `${width} px wide`);
    assert.deepEqual(browser.faults, []);
  },
);
