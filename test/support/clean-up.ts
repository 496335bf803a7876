type CleanUp = () => unknown;

const ofTest: CleanUp[] = [];
const ofFile: CleanUp[] = [];

// Last opened, first closed: a client must be gone before its server is, or it reconnects for ever.
async function run(cleanUps: CleanUp[]): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

afterEach(() => run(ofTest));
afterAll(() => run(ofFile));

/** Runs when the test is over, before what was said earlier. */
export function afterTest(cleanUp: CleanUp): void {
  ofTest.push(cleanUp);
}

/** Closes what a test has opened when the test is over. */
export function closeAfterTest<T extends { close: () => unknown }>(resource: T): T {
  afterTest(() => resource.close());
  return resource;
}

/** Runs when the last test of the file is over, before what was said earlier. */
export function afterFile(cleanUp: CleanUp): void {
  ofFile.push(cleanUp);
}

/** Closes what the tests of a file share when the last one is over. */
export function closeAfterFile<T extends { close: () => unknown }>(resource: T): T {
  afterFile(() => resource.close());
  return resource;
}

interface FakeTime {
  readonly now?: Date | number;
  /** Of something that a test does not close. Default: none may be left. */
  readonly mayLeaveTimers?: boolean;
}

/** In each test of the file time goes by only when it is told to. */
export function useFakeTime({ mayLeaveTimers = false, ...options }: FakeTime = {}): void {
  beforeEach(() => void jest.useFakeTimers(options));
  // After what closes things, since that is what ends their timers.
  afterEach(() => {
    const left = jest.getTimerCount();
    jest.useRealTimers();
    if (!mayLeaveTimers) expect(left).toBe(0);
  });
}
