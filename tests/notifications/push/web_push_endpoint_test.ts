import assert from "node:assert/strict";
import { parseWebPushEndpoint } from "../../../src/notifications/push/web/endpoint.ts";

const ACCEPTED = [
  "https://fcm.googleapis.com/fcm/send/abc:def",
  "https://updates.push.services.mozilla.com/wpush/v2/abc",
  "https://web.push.apple.com/QGuM",
  "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD",
  "https://push.example.com:443/x",
  ofLength(2_048),
];

const REFUSED = [
  "",
  "push.example.com/x",
  "http://push.example.com/x",
  "ftp://push.example.com/x",
  "file:///etc/passwd",
  "https://push.example.com:8443/x",
  "https://user:pass@push.example.com/x",
  "https://localhost/x",
  "https://LOCALHOST./x",
  "https://api.localhost/x",
  "https://metadata.google.internal/x",
  "https://printer.local/x",
  "https://router.home.arpa/x",
  "https://intranet/x",
  "https://127.0.0.1/x",
  "https://0x7f.1/x",
  "https://2130706433/x",
  "https://0177.0.0.1/x",
  "https://127.0.0.1./x",
  "https://169.254.169.254/latest",
  "https://8.8.8.8/x",
  "https://[::1]/x",
  "https://[::ffff:10.0.0.1]/x",
  "https://[fd00::1]/x",
  ofLength(2_049),
];

function ofLength(length: number): string {
  return "https://push.example.com/".padEnd(length, "x");
}

Deno.test("parseWebPushEndpoint accepts endpoints of browser vendors, and the longest ones", () => {
  for (const endpoint of ACCEPTED) {
    assert.equal(typeof parseWebPushEndpoint(endpoint).href, "string");
  }
});

for (const endpoint of REFUSED) {
  Deno.test(`parseWebPushEndpoint rejects ${endpoint.slice(0, 50)}`, () => {
    assert.throws(() => parseWebPushEndpoint(endpoint), { code: "invalid_request" });
  });
}

Deno.test("parseWebPushEndpoint accepts an allowed origin only as a whole", () => {
  const allowed = ["http://127.0.0.1:8080"];
  assert.equal(parseWebPushEndpoint("http://127.0.0.1:8080/x", allowed).port, "8080");
  for (
    const other of ["http://127.0.0.1:80801/x", "http://127.0.0.1/x", "http://a@127.0.0.1:8080/x"]
  ) {
    assert.throws(() => parseWebPushEndpoint(other, allowed), { code: "invalid_request" });
  }
});
