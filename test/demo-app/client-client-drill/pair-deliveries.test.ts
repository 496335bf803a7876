import { PairDeliveries } from "../../../demo-app/client-client-drill/pair-deliveries.ts";

describe("the deliveries between pairs of clients", () => {
  it("are complete when each client has heard every other on the endpoint, and say after how long", () => {
    const deliveries = new PairDeliveries(2, "west", 1000);
    deliveries.delivered(0, 0, "west", 1100);
    deliveries.delivered(0, 1, "east", 1200);
    deliveries.delivered(0, 1, "west", 1300);
    deliveries.delivered(0, 1, "west", 1400);
    expect([deliveries.isComplete, deliveries.delays]).toEqual([false, [300]]);
    deliveries.delivered(1, 0, "west", 1500);
    expect([deliveries.isComplete, deliveries.delays]).toEqual([true, [300, 500]]);
  });
});
