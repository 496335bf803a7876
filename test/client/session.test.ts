import { Session } from "../../src/client/session.ts";

const open = (reconnectionToken?: string): Session =>
  new Session("wss://east.example/client/hubs/chat?access_token=t", {
    kind: "connected",
    connectionId: "c",
    userId: "ada",
    ...(reconnectionToken && { reconnectionToken }),
  });

describe("a session", () => {
  it("a session is recovered at its own URL, with its id and its token", () => {
    expect(open("r/+").recoveryUrl).toBe(
      "wss://east.example/client/hubs/chat?access_token=t&awps_connection_id=c&awps_reconnection_token=r%2F%2B",
    );
    expect(open().recoveryUrl).toBeUndefined();
  });

  it("a session takes a new token, and keeps the old one when there is none", () => {
    const session = open("old");
    session.renew({
      kind: "connected",
      connectionId: "c",
      userId: "ada",
      reconnectionToken: "new",
    });
    session.renew({ kind: "connected", connectionId: "c", userId: "ada" });
    expect(session.recoveryUrl).toContain("awps_reconnection_token=new");
  });

  it("a session accepts every message once", () => {
    const session = open("r");
    const heard = [1, 2, 2, 1, 3, undefined, undefined, null, 5].map((id) => session.accept(id, 1));
    expect(heard).toEqual([true, true, false, false, true, true, true, true, true]);
  });

  it("a session acknowledges what it has accepted once, and again after a recovery", () => {
    const session = open("r");
    expect(session.takeAcknowledgement()).toBeUndefined();
    session.accept(1, 1);
    session.accept(2, 1);
    expect(session.takeAcknowledgement()).toBe(2);
    expect(session.takeAcknowledgement()).toBeUndefined();
    session.resetAcknowledgement();
    expect(session.takeAcknowledgement()).toBe(2);
  });

  it.each([
    ["300 messages", 300, 1],
    ["2 Mi characters", 2, 1024 * 1024],
  ])("a session acknowledges at once after %s", (_, messages, characters) => {
    const session = open("r");
    for (let id = 1; id < messages; id++) session.accept(id, characters);
    expect(session.isAcknowledgementUrgent).toBe(false);
    session.accept(messages, characters);
    expect(session.isAcknowledgementUrgent).toBe(true);
    session.takeAcknowledgement();
    expect(session.isAcknowledgementUrgent).toBe(false);
  });
});
