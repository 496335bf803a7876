import { Cookies } from "../../../src/emulator/upstream/cookies.ts";

const url = "http://a.test:1/x";

describe("cookies", () => {
  test.each<[string[], string | undefined]>([
    [["a=1"], "a=1"],
    [["a=1; Path=/; Secure; HttpOnly; SameSite=Lax"], "a=1"],
    [["a=1", "b=2"], "a=1; b=2"],
    [["a=1", "a=2"], "a=2"],
    [["a=1", "A=2"], "a=1; A=2"],
    [["a="], "a="],
    [["a=x=y"], "a=x=y"],
    [['a="q"'], 'a="q"'],
    [["a=1", "a=gone; Max-Age=0"], undefined],
    [["a=1", "a=gone; max-age=-1"], undefined],
    [["a=1", "a=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], undefined],
    [["a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "a=1"],
    [["a=1; Max-Age=soon"], "a=1"],
    [["a=1; Expires=whenever"], "a=1"],
    [["", "=1", "a", "; a=1", "a b=1"], undefined],
  ])("the cookies %j are sent as %j", (headers, expected) => {
    const cookies = new Cookies();
    cookies.keep(url, headers, 1_000_000);
    expect(cookies.headerFor(url, 1_000_000)).toBe(expected);
  });

  test("cookies are sent until they expire", () => {
    const cookies = new Cookies();
    cookies.keep(url, ["a=1; Max-Age=10"], 0);
    expect(cookies.headerFor(url, 9999)).toBe("a=1");
    expect(cookies.headerFor(url, 10_000)).toBeUndefined();
  });

  test("cookies are sent only to the host that set them", () => {
    const cookies = new Cookies();
    cookies.keep(url, ["a=1"], 0);
    cookies.keep("http://b.test/", ["a=2"], 0);
    expect(cookies.headerFor("http://a.test:2/y", 0)).toBe("a=1");
    expect(cookies.headerFor("http://b.test/z", 0)).toBe("a=2");
    expect(cookies.headerFor("http://c.test/", 0)).toBeUndefined();
  });

  test("only the latest cookies are kept, up to a number", () => {
    const cookies = new Cookies();
    for (let index = 0; index < 60; index++) cookies.keep(url, [`c${index}=1`], 0);
    const names = cookies.headerFor(url, 0)?.split("; ");
    expect(names).toHaveLength(50);
    expect(names?.at(-1)).toBe("c59=1");
  });

  test("cookies are kept up to a size", () => {
    const cookies = new Cookies();
    cookies.keep(url, [`big=${"x".repeat(5000)}`, `large=${"y".repeat(5000)}`], 0);
    expect(cookies.headerFor(url, 0)).toMatch(/^large=y+$/);
    cookies.keep(url, [`huge=${"z".repeat(9000)}`], 0);
    expect(cookies.headerFor(url, 0)).toBeUndefined();
  });
});
