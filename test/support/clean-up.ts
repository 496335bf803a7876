const opened: { close: () => unknown }[] = [];

// Last opened, first closed: a client must be gone before its server is, or it reconnects for ever.
afterEach(async () => {
  for (const { close } of opened.splice(0).reverse()) await close();
});

/** Closes what a test has opened when the test is over. */
export function closeAfterTest<T extends { close: () => unknown }>(resource: T): T {
  opened.push({ close: () => resource.close() });
  return resource;
}
