import { ifFailed, whenThere } from "../../src/kit/awaitable.ts";

const boom = new Error("boom");
const fail = (): never => {
  throw boom;
};

/** A promise of another library, of which nothing is known but `then`. */
const foreign = <T>(value: T): PromiseLike<T> => ({
  // biome-ignore lint/suspicious/noThenProperty: it is what such a promise has.
  then: (fulfilled, rejected) => Promise.resolve(value).then(fulfilled, rejected),
});

it("what is there is gone on with at once", () => {
  expect(whenThere(1, (value) => value + 1)).toBe(2);
});

it.each([
  ["a promise", Promise.resolve(1)],
  ["a promise of another library", foreign(1)],
])("%s is waited for", async (_, promised) => {
  const next = jest.fn((value: number) => value + 1);
  const result = whenThere(promised, next);
  expect(next).not.toHaveBeenCalled();
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toBe(2);
});

it("what goes on may be a promise itself", async () => {
  expect(await whenThere(1, async (value) => value + 1)).toBe(2);
});

it("what is thrown at once is rescued at once", () => {
  const rescue = jest.fn(() => "rescued");
  expect(ifFailed(fail, rescue)).toBe("rescued");
  expect(rescue).toHaveBeenCalledWith(boom);
});

it("a rejection is rescued when it comes", async () => {
  const rescue = jest.fn(() => "rescued");
  expect(await ifFailed<string>(() => Promise.reject(boom), rescue)).toBe("rescued");
  expect(rescue).toHaveBeenCalledWith(boom);
});

it.each([
  ["at once", () => "done"],
  ["later", async () => "done"],
])("what is done %s needs no rescue", async (_, task) => {
  expect(await ifFailed<string>(task, fail)).toBe("done");
});
