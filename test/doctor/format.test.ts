import { type Diagnosis, formatDiagnosis } from "express-resilient-pubsub/doctor";

const DIAGNOSIS: Diagnosis = {
  hub: "chat",
  startedAt: "2026-01-01T00:00:00.000Z",
  durationInMs: 1234,
  ok: false,
  counts: { pass: 2, warn: 1, fail: 1, skipped: 1 },
  findings: [
    { check: "options", status: "pass", what: "hub chat" },
    { check: "calls", subject: "eastus", status: "fail", what: "status 401", remedy: "a new key" },
    { check: "latency", subject: "westus", status: "warn", what: "900 ms", remedy: "move" },
    { check: "round-trip", subject: "eastus", status: "skipped", what: "calls fails" },
    {
      check: "stores",
      subject: "history: redis at 127.0.0.1:6379",
      status: "pass",
      what: "can be opened",
    },
  ],
};

it("a diagnosis is a table with a line for each finding and each remedy, and a sum", () => {
  expect(formatDiagnosis(DIAGNOSIS)).toEqual([
    "ok    options                           hub chat",
    "FAIL  calls       eastus                status 401",
    "                                        -> a new key",
    "WARN  latency     westus                900 ms",
    "                                        -> move",
    "skip  round-trip  eastus                calls fails",
    "ok    stores      history: redis at 127.0.0.1:6379  can be opened",
    "",
    "Hub chat: 2 ok, 1 to know of, 1 failing, 1 not looked at, in 1.2 s.",
  ]);
});

it("the words of the first column can be painted, and columns stay where they are", () => {
  const lines = formatDiagnosis(DIAGNOSIS, (status, text) => `<${status}>${text}</>`);
  expect(lines[1]).toBe("<fail>FAIL</>  calls       eastus                status 401");
});
