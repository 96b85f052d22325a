import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import { SocketAdmission } from "../../src/transport/socket_admission.ts";

const LIMITS = { socketsPerAddress: 3, socketsBeforeHello: 2, memoryBytes: 0 };

/** Returns the code with which a socket of this address is refused now, or null. */
function refusal(admission: SocketAdmission, address: string): string | null {
  try {
    admission.check(address);
    return null;
  } catch (error) {
    assert.ok(error instanceof AppError && error.retryAfter! > 0);
    return error.code;
  }
}

Deno.test("SocketAdmission limits the sockets of an address, and those before hello", () => {
  const admission = new SocketAdmission(LIMITS);
  const first = admission.enter("192.0.2.1");
  const second = admission.enter("192.0.2.1");
  assert.equal(refusal(admission, "192.0.2.1"), "rate_limited", "two have not said hello");
  assert.equal(refusal(admission, "192.0.2.2"), null, "another address");
  first.greeted();
  first.greeted();
  assert.equal(refusal(admission, "192.0.2.1"), null);
  const third = admission.enter("192.0.2.1");
  second.greeted();
  third.greeted();
  assert.equal(refusal(admission, "192.0.2.1"), "rate_limited", "three are open");
  second.release();
  second.release();
  assert.equal(refusal(admission, "192.0.2.1"), null);
  first.release();
  third.release();
  assert.equal(admission.refused, 2);
  assert.equal(admission.addresses, 0, "nothing is kept of an address without sockets");
});

Deno.test("SocketAdmission counts the addresses of an IPv6 /64 together", () => {
  const admission = new SocketAdmission(LIMITS);
  admission.enter("2001:db8::1");
  admission.enter("2001:db8::2");
  assert.equal(refusal(admission, "2001:db8::3"), "rate_limited");
  assert.equal(refusal(admission, "2001:db8:0:1::3"), null);
});

Deno.test("SocketAdmission does not count connections without an address", () => {
  const admission = new SocketAdmission(LIMITS);
  for (let i = 0; i < 10; i++) admission.enter("unknown");
  assert.equal(refusal(admission, "unknown"), null);
});

Deno.test("SocketAdmission refuses sockets above the memory limit and while draining", () => {
  let bytes = 101;
  const limits = { ...LIMITS, memoryBytes: 100 };
  const admission = new SocketAdmission(limits, () => bytes);
  assert.equal(refusal(admission, "192.0.2.1"), "unavailable");
  bytes = 100;
  const calm = new SocketAdmission(limits, () => bytes);
  assert.equal(refusal(calm, "192.0.2.1"), null);
  calm.drain();
  assert.equal(refusal(calm, "192.0.2.1"), "unavailable");
});

Deno.test("SocketAdmission no longer counts a socket that closed before its hello", () => {
  const admission = new SocketAdmission(LIMITS);
  for (const slot of [1, 2].map(() => admission.enter("192.0.2.1"))) slot.release();
  assert.equal(refusal(admission, "192.0.2.1"), null);
});

Deno.test("SocketAdmission reads the memory once for a flood of sockets", () => {
  let reads = 0;
  const admission = new SocketAdmission({ ...LIMITS, memoryBytes: 100 }, () => ++reads);
  for (let i = 0; i < 99; i++) refusal(admission, "192.0.2.1");
  assert.ok(reads < 50, `${reads} readings for 99 sockets`);
});

Deno.test("SocketAdmission counts a socket once, however often it is greeted or released", () => {
  const admission = new SocketAdmission({ ...LIMITS, socketsBeforeHello: 10 });
  const [first, second] = [1, 2].map(() => admission.enter("192.0.2.1"));
  for (let i = 0; i < 3; i++) first.greeted();
  const third = admission.enter("192.0.2.1");
  third.release();
  third.release();
  third.greeted();
  assert.equal(refusal(admission, "192.0.2.1"), null);
  admission.enter("192.0.2.1");
  assert.equal(refusal(admission, "192.0.2.1"), "rate_limited", "three are open");
  second.greeted();
  first.release();
  first.release();
  assert.equal(refusal(admission, "192.0.2.1"), null);
  admission.enter("192.0.2.1");
  assert.equal(refusal(admission, "192.0.2.1"), "rate_limited", "three again");
});

Deno.test("SocketAdmission counts each socket before hello once, however often another one is greeted", () => {
  const admission = new SocketAdmission({ ...LIMITS, socketsPerAddress: 10 });
  const first = admission.enter("192.0.2.1");
  admission.enter("192.0.2.1");
  for (let i = 0; i < 3; i++) first.greeted();
  first.release();
  assert.equal(refusal(admission, "192.0.2.1"), null);
  admission.enter("192.0.2.1");
  assert.equal(refusal(admission, "192.0.2.1"), "rate_limited", "two have not said hello");
});
