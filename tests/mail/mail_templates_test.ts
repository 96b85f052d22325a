import assert from "node:assert/strict";
import { MailTemplates, type SecurityNotice } from "../../src/mail/mail_templates.ts";

const templates = new MailTemplates("Chat & Co");
const link = "https://chat.example.com/verify?a=1&b=2#token=abc";
const account = { username: "ada", openedAt: Date.UTC(2026, 0, 2, 3, 4, 5) };
const at = Date.UTC(2026, 1, 3, 4, 5, 6);

const WITH_LINK = ["verification", "passwordReset", "emailChangeConfirmation"] as const;

for (const kind of WITH_LINK) {
  Deno.test(`the mail ${kind} contains its link once, in text and HTML`, () => {
    const mail = templates[kind]({ name: "Ada", account, link, validMinutes: 60 });
    assert.equal(mail.text.split(link).length, 2);
    assert.match(mail.text, /^Hello Ada,$/m);
    assert.match(mail.text, /The account is "ada", opened on 2026-01-02 03:04 UTC\./);
    assert.match(mail.text, /works once, for 1 hour\./);
    const hrefs = [...mail.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    assert.deepEqual(hrefs, [link.replaceAll("&", "&#38;")]);
    assert.ok(mail.subject.includes("Chat & Co"));
  });
}

Deno.test("MailTemplates says how long a link works in the largest whole unit", () => {
  const lasting = (validMinutes: number) =>
    templates.verification({ name: "Ada", account, link, validMinutes }).text;
  const expected: [minutes: number, text: string][] = [
    [1, "1 minute."],
    [30, "30 minutes."],
    [60, "1 hour."],
    [90, "90 minutes."],
    [24 * 60, "1 day."],
    [48 * 60, "2 days."],
  ];
  for (const [minutes, text] of expected) {
    assert.ok(lasting(minutes).includes(`works once, for ${text}`), text);
  }
});

Deno.test("MailTemplates leaves out of a notice what is unknown about its origin", () => {
  const { text } = templates.securityNotice("new_sign_in", "Ada", { at });
  assert.match(text, /^When: 2026-02-03 04:05:06 UTC$/m);
  const linking = { at, device: "Phone https://evil.example", address: "192.0.2.7" };
  const notice = templates.securityNotice("new_sign_in", "Ada", linking);
  assert.match(notice.text, /^When: 2026-02-03 04:05:06 UTC · from: 192\.0\.2\.7$/m);
});

Deno.test("MailTemplates escapes display names in HTML", () => {
  const name = `<b onload="x">'&`;
  const { html, text } = templates.verification({ name, account, link, validMinutes: 30 });
  assert.ok(html.includes("Hello &#60;b onload=&#34;x&#34;&#62;&#39;&#38;,"));
  assert.ok(!html.includes("<b "));
  assert.ok(text.includes(`Hello ${name},`));
});

Deno.test("MailTemplates lets no name become a link or a separate line in a stranger's mail", () => {
  const names = ["https://evil.example", "evil.com wins", "www evil", "a@b", "x".repeat(65), ""];
  for (const name of names) {
    const { text } = templates.verification({ name, account, link, validMinutes: 30 });
    assert.match(text, /^Hello,\n/, name);
  }
  const { text } = templates.verification({ name: "Ada\r\nEve", account, link, validMinutes: 30 });
  assert.match(text, /^Hello Ada Eve,\n/);
  const initials = templates.verification({ name: "J. R. Smith", account, link, validMinutes: 30 });
  assert.match(initials.text, /^Hello J\. R\. Smith,\n/);
});

Deno.test("MailTemplates keeps a username that looks like a host name from becoming a link", () => {
  const lookAlike = { ...account, username: "www.evil.example" };
  const { text, html } = templates.passwordReset({
    name: "Ada",
    account: lookAlike,
    link,
    validMinutes: 30,
  });
  assert.ok(!text.includes("evil.example") && !html.includes("evil.example"));
  assert.match(text.replaceAll("\u2060", ""), /"www\.evil\.example"/);
});

Deno.test("MailTemplates rejects a link that is not http or https", () => {
  for (const bad of ["javascript:alert(1)", "", "https://a b", 'https://x"onclick=']) {
    const make = () =>
      templates.passwordReset({ name: "Ada", account, link: bad, validMinutes: 1 });
    assert.throws(make, TypeError);
  }
});

Deno.test("every security notice names the event, its time and its origin", () => {
  const kinds: SecurityNotice[] = [
    "new_sign_in",
    "password_changed",
    "two_factor_enabled",
    "two_factor_disabled",
    "recovery_code_used",
    "recovery_codes_renewed",
    "provider_linked",
    "provider_unlinked",
    "refresh_token_reused",
    "account_suspended",
    "account_deleted",
  ];
  const details = { at, device: "Firefox on Linux", address: "192.0.2.7" };
  const mails = kinds.map((kind) => templates.securityNotice(kind, "Ada", details));
  for (const { text, html } of mails) {
    const where = "When: 2026-02-03 04:05:06 UTC · device: Firefox on Linux · from: 192.0.2.7";
    assert.ok(text.includes(where) && html.includes(where));
    assert.ok(!html.includes("href"));
  }
  assert.equal(new Set(mails.map(({ subject }) => subject)).size, kinds.length);
});

Deno.test("a security notice leaves out a device name that contains a link", () => {
  for (const device of ["go to https://evil.example", "evil.com", "evil.рф", "www evil"]) {
    const { text } = templates.securityNotice("new_sign_in", "Ada", { at, device });
    assert.ok(!text.includes("evil"), device);
  }
});

Deno.test("the notice to the old address does not name the new one", () => {
  const requested = templates.emailChangeNotice("Ada", "requested", { at });
  const done = templates.emailChangeNotice("Ada", "done", { at });
  assert.match(requested.text, /stays until the new one is confirmed/);
  assert.match(done.text, /was changed/);
  assert.ok(!requested.text.includes("@") && !done.text.includes("@"));
  const undo = { name: "Ada", account, link, validMinutes: 7 * 24 * 60 };
  const undoable = templates.emailChangeNotice("Ada", "done", { at }, undo);
  assert.ok(undoable.text.includes(link) && !undoable.text.includes("@"));
  assert.match(undoable.text, /for 7 days\./);
});
