import { Cancellation } from "../../src/client/cancellation.ts";

describe("a cancellation", () => {
  it("tells all who listen, in their order, once", () => {
    const cancellation = new Cancellation();
    const told: string[] = [];
    cancellation.addEventListener("abort", () => told.push("first"));
    cancellation.addEventListener("abort", () => told.push("second"));
    cancellation.abort();
    cancellation.abort();
    expect(told).toEqual(["first", "second"]);
    expect(cancellation.aborted).toBe(true);
  });

  it("tells nobody who has stopped listening", () => {
    const cancellation = new Cancellation();
    const listener = jest.fn();
    cancellation.addEventListener("abort", listener);
    cancellation.removeEventListener("abort", listener);
    cancellation.abort();
    expect(listener).not.toHaveBeenCalled();
  });

  it("is over when it tells so, whatever a listener does", () => {
    const cancellation = new Cancellation();
    const late = jest.fn();
    cancellation.addEventListener("abort", () => {
      expect(cancellation.aborted).toBe(true);
      cancellation.abort();
      cancellation.addEventListener("abort", late);
    });
    cancellation.abort();
    expect(late).not.toHaveBeenCalled();
  });
});
