type Closing = () => unknown;

/** Collects what a test opens and closes it after the test, last opened first. */
export function cleanUpAfterEach(): { add<T extends { close: Closing }>(opened: T): T } {
  const opened: { close: Closing }[] = [];
  afterEach(async () => {
    for (const { close } of opened.splice(0).reverse()) await close();
  });
  return {
    add(resource) {
      opened.push({ close: () => resource.close() });
      return resource;
    },
  };
}
