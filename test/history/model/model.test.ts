import { explore } from "./support/exploration.ts";

/** What is taken away from the store. */
const mockMutation: { without: "renewals" | undefined } = { without: undefined };

jest.mock("../../../src/stores/memory-history/operations.ts", () => {
  const actual = jest.requireActual("../../../src/stores/memory-history/operations.ts");
  const renewEpochs = (...given: unknown[]): void => {
    if (mockMutation.without !== "renewals") actual.renewEpochs(...given);
  };
  return { ...actual, renewEpochs };
});

afterEach(() => {
  mockMutation.without = undefined;
});

it("one message and any fault: it comes once, or the client is told", () => {
  expect(explore(1, 1).counterexample).toBeUndefined();
});

it("a server that comes back and renews no epochs is noticed, and the story is told", () => {
  mockMutation.without = "renewals";
  const { counterexample } = explore(1, 2, ["append is lost", "send accepted, lost"]);
  expect(counterexample).toEqual(
    expect.arrayContaining([
      "server 0: sends, append is lost",
      "server 0: comes back",
      "message 0 is missed, and nobody is told",
    ]),
  );
});
