import { setUp } from "./support/upstream-regions.ts";

// What the service signs is not more than the id. SECURITY.md says what holds the rest.
describe("a signature that somebody has seen", () => {
  const SEEN_FOR = "connection-1";

  it("is good for any event of that connection, whatever it says, and as often as it comes", async () => {
    const { post, calls } = await setUp();
    for (const body of ["as sent", "as forged", "as forged"]) {
      expect((await post({ connectionId: SEEN_FOR, body })).status).toBe(200);
    }
    expect(calls).toHaveLength(3);
  });

  it("is good for no event of another connection", async () => {
    const { post, calls } = await setUp();
    const forged = { connectionId: SEEN_FOR, headers: { "ce-connectionId": "connection-2" } };
    expect((await post(forged)).status).toBe(401);
    expect(calls).toEqual([]);
  });

  it("is worth nothing where upstream.authorize asks for something else", async () => {
    const { post, calls } = await setUp({
      authorize: (req) => req.get("authorization") === "Bearer of the instance",
    });
    expect((await post({ connectionId: SEEN_FOR })).status).toBe(401);
    expect(calls).toEqual([]);
  });
});
