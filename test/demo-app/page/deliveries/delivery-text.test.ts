import { deliveryText } from "../../../../demo-app/page/deliveries/delivery-text.ts";
import { deliveriesWith } from "../../../support/delivery-views.ts";

type Differences = Parameters<typeof deliveriesWith>[0];

const cases: [what: string, differences: Differences, text: string][] = [
  [
    "that nobody has missed anything",
    {},
    "Nobody has missed a message yet. Break an endpoint, and compare.",
  ],
  [
    "what one half has missed and the other caught up with",
    { withHistory: { replayed: 1207 }, withoutHistory: { missed: 1 } },
    "Clients without history have missed 1 message for good; those with history have caught up with 1,207 messages, and missed none.",
  ],
  [
    "what clients with history have missed, too",
    { withHistory: { missed: 3 } },
    "Clients without history have missed 0 messages for good; those with history have caught up with 0 messages, and missed 3.",
  ],
];

it.each(cases)("the page says %s", (_what, differences, text) => {
  expect(deliveryText(deliveriesWith(differences))).toBe(text);
});
