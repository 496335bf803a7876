/** Left real, so that sockets go on as ever while the timeouts are the test's. */
export const allButTimeouts: FakeableAPI[] = [
  "Date",
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
];
