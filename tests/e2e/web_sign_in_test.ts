import assert from "node:assert/strict";
import { generateSync } from "otplib";
import type { Page } from "playwright-core";
import { assertAccessible } from "../support/axe.ts";
import { appleSecret, environmentOf, OidcServer } from "../support/oidc_server.ts";
import { PAGE_TEST } from "../support/page_world.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { signIn, signInWorld } from "../support/sign_in_world.ts";

const PASSWORD = "correct horse battery staple";
const NEW_PASSWORD = "seven brown owls at noon";

async function openSettings(page: Page, part: string) {
  await page.getByRole("button", { name: "New chat" }).waitFor();
  await page.getByTitle("Settings", { exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("button", { name: part, exact: true }).click();
  return dialog;
}

async function signedInAs(page: Page): Promise<string> {
  await page.getByRole("button", { name: "New chat" }).waitFor();
  return (await new PageVisitor(page, "").call("GET", "/users/profile")).username;
}

Deno.test(
  "the page signs up, confirms the address, and sets a forgotten password by the mailed link",
  PAGE_TEST,
  async () => {
    await using world = await signInWorld();
    const { browser, server } = world;
    const page = await browser.page();
    await PageVisitor.register(page, server.url, "ann");
    let dialog = await openSettings(page, "Account");
    await dialog.getByText("Not confirmed").waitFor();

    const context = page.context();
    const mailed = await context.newPage();
    await mailed.goto(await world.mailedLink("ann@example.com", "verify-email"));
    await assertAccessible(mailed, "confirming an address");
    await mailed.getByLabel("Password of the account").fill("wrong");
    await mailed.getByRole("button", { name: "Confirm the address" }).click();
    await mailed.getByText("the password is wrong").waitFor();
    await mailed.getByLabel("Password of the account").fill(PASSWORD);
    await mailed.getByRole("button", { name: "Confirm the address" }).click();
    await mailed.getByText("the address is confirmed").waitFor();
    await mailed.getByRole("link", { name: "Open the chats" }).click();
    dialog = await openSettings(mailed, "Account");
    await dialog.getByText("Confirmed", { exact: true }).waitFor();
    await mailed.close();

    const other = await browser.page();
    await other.goto(server.url);
    await other.getByRole("button", { name: "Forgot your password?" }).click();
    await other.getByLabel("E-mail").fill("ann@example.com");
    await other.getByRole("button", { name: "Send the link" }).click();
    await other.getByText("a link is on its way").waitFor();
    await other.goto(await world.mailedLink("ann@example.com", "reset-password"));
    await assertAccessible(other, "choosing a new password");
    await other.getByLabel("New password").fill(NEW_PASSWORD);
    await other.getByRole("button", { name: "Save the password" }).click();
    await other.getByText("The password is changed").waitFor();
    // All sessions end with it: the first page says so.
    await page.getByText("Your session has ended").waitFor();

    await other.getByRole("link", { name: "Open the chats" }).click();
    await signIn(other, "ann", PASSWORD);
    await other.getByRole("alert").getByText(/wrong|not right|incorrect/i).waitFor();
    await signIn(other, "ann", NEW_PASSWORD);
    assert.equal(await signedInAs(other), "ann");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page offers no registration where it is off, and says so",
  PAGE_TEST,
  async () => {
    await using world = await signInWorld({ LOCAL_REGISTRATION: "off" });
    const { browser, server } = world;
    const page = await browser.page();
    await page.goto(server.url);
    await page.getByText("No accounts are opened here with a password.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Create an account" }).count(), 0);
    await page.getByRole("button", { name: "Continue with Google" }).waitFor();
    await assertAccessible(page, "sign in without registration");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page asks for the second factor, takes a recovery code once, and refuses a wrong one",
  PAGE_TEST,
  async () => {
    await using world = await signInWorld();
    const { browser, server } = world;
    const page = await browser.page();
    await PageVisitor.register(page, server.url, "ann");
    const dialog = await openSettings(page, "Security");
    await dialog.getByRole("button", { name: "Set up" }).click();
    const secret = (await dialog.locator(".key").textContent())!;
    await dialog.getByLabel("Code").fill(generateSync({ secret }));
    await dialog.getByRole("button", { name: "Turn on" }).click();
    const codes = dialog.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await codes.first().waitFor();
    const [code] = await codes.allTextContents();

    const other = await browser.page();
    const answer = async (text: string) => {
      await other.getByLabel(/^Code of your authenticator app/).fill(text);
      await other.getByRole("button", { name: "Continue" }).click();
    };
    await other.goto(server.url);
    await signIn(other, "ann", PASSWORD);
    await other.getByRole("heading", { name: "Second step" }).waitFor();
    await assertAccessible(other, "second step");
    await answer("000000");
    await other.getByRole("alert").getByText(/code/i).waitFor();
    await answer(code);
    await other.getByRole("button", { name: "Sign out" }).click();
    await signIn(other, "ann", PASSWORD);
    await answer(code);
    await other.getByRole("alert").getByText(/code/i).waitFor();
    await other.getByRole("button", { name: "Start again" }).click();
    await other.getByRole("heading", { name: "Welcome back" }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page signs people up and in with Google and Facebook, and asks for a missing address",
  PAGE_TEST,
  async () => {
    await using world = await signInWorld();
    const { browser, server, google, facebook } = world;
    google.person = { sub: "g-1", email: "gina@gmail.com", email_verified: true, name: "Gina" };
    const page = await browser.page();
    await page.goto(server.url);
    await page.getByRole("button", { name: "Continue with Google" }).click();
    const username = await signedInAs(page);
    assert.equal(new URL(page.url()).search, "", "code and state are not left in the address");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Continue with Google" }).click();
    assert.equal(await signedInAs(page), username);

    const other = await browser.page();
    await other.goto(server.url);
    await other.route(`${google.env.GOOGLE_ISSUER}/authorize*`, async (route) => {
      const state = new URL(route.request().url()).searchParams.get("state");
      const back = `${server.url}/?error=access_denied&state=${state}`;
      const body = `<meta http-equiv="refresh" content="0;url=${back}">`;
      await route.fulfill({ contentType: "text/html", body });
    });
    await other.getByRole("button", { name: "Continue with Google" }).click();
    await other.getByText("Signing in with Google was not completed").waitFor();
    await other.getByRole("button", { name: "Sign in" }).waitFor();

    // Facebook gives no address, unless the person allows it.
    facebook.person = { id: "1001", name: "Frida" };
    await other.getByRole("button", { name: "Continue with Facebook" }).click();
    await other.getByRole("heading", { name: "One thing is missing" }).waitFor();
    await assertAccessible(other, "a missing address");
    await other.getByLabel("E-mail").fill("frida@example.com");
    await other.getByRole("button", { name: "Continue with Facebook" }).click();
    await signedInAs(other);
    const profile = await new PageVisitor(other, "").call("GET", "/users/profile");
    assert.deepEqual([profile.email, profile.displayName], ["frida@example.com", "Frida"]);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page links and unlinks Google, and has a person without a password prove who they are",
  PAGE_TEST,
  async () => {
    await using world = await signInWorld();
    const { browser, server, google } = world;
    const page = await browser.page();
    await PageVisitor.register(page, server.url, "ann");
    google.person = { sub: "g-2", email: "ann.private@gmail.com", email_verified: true };
    let dialog = await openSettings(page, "Account");
    await dialog.getByRole("button", { name: "Link Google" }).click();
    dialog = page.getByRole("dialog", { name: "Settings" });
    await dialog.getByText("ann.private@gmail.com").waitFor();
    await dialog.getByRole("button", { name: "Unlink Google" }).waitFor();
    await assertAccessible(page, "linked accounts");

    const other = await browser.page();
    await other.goto(server.url);
    await other.getByRole("button", { name: "Continue with Google" }).click();
    assert.equal(await signedInAs(other), "ann");

    await dialog.getByRole("button", { name: "Unlink Google" }).click();
    await dialog.getByRole("button", { name: "Link Google" }).waitFor();

    google.person = { sub: "g-3", email: "gus@gmail.com", email_verified: true, name: "Gus" };
    const gus = await browser.page();
    await gus.goto(server.url);
    await gus.getByRole("button", { name: "Continue with Google" }).click();
    dialog = await openSettings(gus, "Account");
    await dialog.getByText("It is your only way to sign in").waitFor();
    world.ageProofs();
    const setPassword = async () => {
      await dialog.getByRole("button", { name: "Set a password" }).click();
      await dialog.getByLabel("New password").fill(NEW_PASSWORD);
      await dialog.getByRole("button", { name: "Set a password" }).click();
    };
    await setPassword();
    const proof = gus.getByRole("dialog", { name: "Is it you?" });
    await proof.getByRole("button", { name: "Sign in with Google" }).waitFor();
    await assertAccessible(gus, "proof by a provider");
    await proof.getByRole("button", { name: "Sign in with Google" }).click();
    await gus.getByText("Thank you. You can go on now.").waitFor();
    dialog = gus.getByRole("dialog", { name: "Settings" });
    await setPassword();
    await dialog.getByRole("button", { name: "Unlink Google" }).waitFor();
    // The session of before has ended.
    const sessions = await new PageVisitor(gus, "").call("GET", "/sessions");
    assert.equal(sessions.items.length, 1);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page signs people in with a provider of OpenID Connect, by address and by form, and links one",
  PAGE_TEST,
  async () => {
    const secret = await appleSecret();
    await using acme = await OidcServer.start({ namesItself: true });
    await using apple = await OidcServer.start({ secretKey: secret.key });
    const env = environmentOf(
      { ...acme.env("acme"), OIDC_ACME_NAME: "Acme & Co." },
      { ...apple.env("apple"), ...secret.env },
    );
    await using world = await signInWorld(env);
    const { browser, server } = world;
    acme.person = { sub: "1", email: "ann@acme.example", email_verified: true, name: "Ann Lee" };
    const page = await browser.page();
    await page.goto(server.url);
    await page.getByRole("button", { name: "Continue with Acme & Co." }).click();
    assert.equal(await signedInAs(page), "ann.lee");
    assert.equal(new URL(page.url()).search, "");

    apple.person = { sub: "1", email: "x@privaterelay.appleid.com", email_verified: "true" };
    let dialog = await openSettings(page, "Account");
    await dialog.getByRole("button", { name: "Link Apple" }).click();
    dialog = page.getByRole("dialog", { name: "Settings" });
    await dialog.getByText("x@privaterelay.appleid.com").waitFor();
    await assertAccessible(page, "linked accounts of any provider");

    apple.person = {
      ...apple.person,
      sub: "2",
      email: "y@privaterelay.appleid.com",
      name: "Bob Ray",
    };
    const other = await browser.page();
    await other.goto(server.url);
    await other.getByRole("button", { name: "Continue with Apple" }).click();
    await signedInAs(other);
    const profile = await new PageVisitor(other, "").call("GET", "/users/profile");
    assert.deepEqual([profile.displayName, profile.username], ["Bob Ray", "bob.ray"]);
    assert.equal(new URL(other.url()).search, "", "the name is not left in the address");
    assert.deepEqual(browser.faults, []);
  },
);
