import type * as Ours from "express-resilient-pubsub/client";

// The compiler is the test, as in support/official-types.ts; `npx tsc` runs it.
it("members that the client does not have are errors of the compiler", () => {
  const check = (client: Ours.ResilientPubSubClient): void => {
    client.on("moved", ({ from, to, downtimeInMs }: Ours.OnMovedArgs) => [from, to, downtimeInMs]);
    client.on("moved", ({ epoch }) => {
      // @ts-expect-error
      const agreed: number = epoch;
      return agreed;
    });
    // @ts-expect-error
    client.on("move", () => {});
    // @ts-expect-error
    client.off("servermessage", () => {});
    // @ts-expect-error
    client.on("connected", ({ nonsense }) => nonsense);
    // @ts-expect-error
    client.on("stopped", (args: Ours.OnMovedArgs) => args);
    // @ts-expect-error
    client.state = "connected";
    // @ts-expect-error
    client.endpoint = "east";
    // @ts-expect-error
    void client.openGroupStream("g");
    // @ts-expect-error
    void client.sendToGroup("g", "x", "yaml");
  };
  expect(check).toBeInstanceOf(Function);
});
