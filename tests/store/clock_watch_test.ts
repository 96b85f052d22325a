import assert from "node:assert/strict";
import { MetricsRegistry } from "../../src/core/metrics.ts";
import { clockWatch } from "../../src/store/clock_watch.ts";

Deno.test("clockWatch shows the skew, and warns of more than five seconds", () => {
  const metrics = new MetricsRegistry();
  const said: string[] = [];
  const onSkew = clockWatch(metrics, {
    warn: (message, fields) => void said.push(`${message} ${fields!.seconds}`),
  });
  const shown = () => /^realtimechat_clock_skew_seconds (.*)$/m.exec(metrics.text())![1];
  assert.equal(shown(), "0");
  onSkew(5_000);
  assert.deepEqual([shown(), said], ["-5", []]);
  onSkew(600_000);
  onSkew(-6_000);
  assert.equal(shown(), "6");
  assert.deepEqual(said, [
    "The clock of this host is behind the database's: set both by NTP 600",
    "The clock of this host is ahead of the database's: set both by NTP 6",
  ]);
});
