import { inspect } from "node:util";
import type { AccessToken } from "@azure/core-auth";
import { TokenSource } from "../../src/service/token-source.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const HOUR_IN_MS = 3_600_000;

/** A source over a credential that gives `t1`, `t2` … unless the test says otherwise. */
function create(answer: (number: number) => Promise<unknown> = async (number) => token(number)) {
  let asked = 0;
  const getToken = jest.fn((_scope: unknown, _options?: { abortSignal?: unknown }) => {
    asked += 1;
    return answer(asked) as Promise<AccessToken>;
  });
  return { source: new TokenSource({ getToken }), getToken };
}

const token = (number: number, lifetimeInMs = HOUR_IN_MS) => ({
  token: `t${number}`,
  expiresOnTimestamp: Date.now() + lifetimeInMs,
});

it("one token serves all who ask at once, and all who ask as long as it is valid", async () => {
  const { source, getToken } = create();
  expect(await Promise.all([source.get(), source.get(), source.get()])).toEqual(["t1", "t1", "t1"]);
  await pass(HOUR_IN_MS / 2);
  expect(await source.get()).toBe("t1");
  expect(getToken).toHaveBeenCalledTimes(1);
});

describe("a token is renewed while it still serves", () => {
  it.each<[string, object, number]>([
    ["two minutes before its end", {}, HOUR_IN_MS - 119_000],
    ["as soon as it says itself", { refreshAfterTimestamp: Date.now() + 1000 }, 1001],
  ])("%s", async (_, more, afterInMs) => {
    const { source } = create(async (number) => ({ ...token(number), ...more }));
    await source.get();
    await pass(afterInMs);
    expect(await source.get()).toBe("t1");
    await pass(0);
    expect(await source.get()).toBe("t2");
  });
});

it("a renewal that fails in the background is heard only when no token is left", async () => {
  const { source } = create((number) =>
    number === 1 ? Promise.resolve(token(1, 60_000)) : Promise.reject(),
  );
  expect(await source.get()).toBe("t1");
  expect(await source.get()).toBe("t1");
  await pass(59_500);
  await expect(source.get()).rejects.toMatchObject({ code: "ERR_CREDENTIAL_FAILED" });
});

it("a credential that never answers is asked again after ten seconds, and told that nobody waits", async () => {
  const { source, getToken } = create((number) =>
    number === 1 ? new Promise(() => {}) : Promise.resolve(token(number)),
  );
  const waiting = source.get().catch((error) => error);
  await pass(9999);
  expect(getToken).toHaveBeenCalledTimes(1);
  await pass(1);
  expect(await waiting).toMatchObject({ code: "ERR_CREDENTIAL_FAILED" });
  expect(getToken.mock.calls[0]?.[1]?.abortSignal).toMatchObject({ aborted: true });
  expect(await source.get()).toBe("t2");
});

it("a token that the service has refused is not used again", async () => {
  const { source } = create();
  source.drop(await source.get());
  expect(await source.get()).toBe("t2");
  // A late answer to a request with an older one changes nothing.
  source.drop("t1");
  expect(await source.get()).toBe("t2");
});

describe("a failure says what the credential did, keeps what is telling of the cause, and quotes no secret:", () => {
  const secret = Object.assign(new Error("AADSTS7000215: bad client_secret=hunter2\r\n"), {
    name: "AuthenticationError",
    statusCode: 401,
    request: { headers: { authorization: "Bearer eyJhbGciOiJub25lIn0.hunter2" } },
  });
  const told = {
    name: "AuthenticationError",
    message: "AADSTS7000215: bad [redacted]",
    statusCode: 401,
  };
  it.each<[string, () => Promise<unknown>, unknown]>([
    ["failed", () => Promise.reject(secret), told],
    [
      "failed",
      () => {
        throw secret;
      },
      told,
    ],
    ["failed", () => Promise.reject(null), { message: "null", statusCode: undefined }],
    ["answered with something that is no access token", async () => null, undefined],
    ["answered with something that is no access token", async () => token(1).token, undefined],
    [
      "answered with something that is no access token",
      async () => ({ ...token(1), token: "a b" }),
      undefined,
    ],
    [
      "answered with something that is no access token",
      async () => ({ token: "t", expiresOnTimestamp: "tomorrow" }),
      undefined,
    ],
  ])("%s", async (how, answer, cause) => {
    const { source } = create(answer);
    const error = await source.get().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "ERR_CREDENTIAL_FAILED" });
    if (cause === undefined) expect(error.cause).toBeUndefined();
    else expect(error.cause).toMatchObject(cause as object);
    expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|eyJ/);
    expect(error.message).toMatch(`The endpoint's credential ${how}; check that`);
    expect(error.message).not.toContain("hunter2");
  });
});
