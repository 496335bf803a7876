import { advance, ask, initialPositions } from "../../../src/client/continuity/positions.ts";
import type { PositionEvent } from "../../../src/client/continuity/stream-state.ts";

const EPOCH = "epoch-01";
const NEWS = "g:news";

it("a stream that is joined while it is being read is read once more", () => {
  const state = initialPositions<string>();
  const take = (event: PositionEvent<string>) => advance(state, event).map(({ type }) => type);
  const at = (offset: number) => ({ epoch: EPOCH, offset });
  const answered: PositionEvent<string> = {
    type: "answered",
    answers: new Map([[NEWS, { position: at(3), recovered: true, messages: [] }]]),
  };
  const frame = { type: "message", stream: NEWS, id: "id", message: "one", size: 3 } as const;
  expect(take({ ...frame, position: at(1) })).toContain("read");
  expect([...ask(state, 8).keys()]).toEqual([NEWS]);
  take({ type: "joined", stream: NEWS });
  expect(take(answered)).toContain("read");
  expect(ask(state, 8).get(NEWS)?.since).toEqual(at(1));
});
