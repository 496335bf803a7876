import { HangSuspicion, type MessageTraits } from "../../src/service/hang-suspicion.ts";

const MAX_SOCKETS = 16;
/** How many must hang with the same trait: a quarter of the sockets. */
const ENOUGH = 4;

const message = (target: string, content: string): MessageTraits => ({ target, content });
const times = (count: number, make: (index: number) => MessageTraits) =>
  Array.from({ length: count }, (_, index) => make(index));
const sameContent = (count: number) => times(count, (index) => message(`t${index}`, "bad"));
const sameTarget = (count: number) => times(count, (index) => message("bad", `c${index}`));
const unlike = message("other", "other");

function suspicionOf(hanging: readonly MessageTraits[], now = 0): HangSuspicion {
  const suspicion = new HangSuspicion(MAX_SOCKETS);
  suspicion.observe(hanging, now);
  return suspicion;
}

it.each([
  ["says the same as several that hang", sameContent(ENOUGH), message("any", "bad")],
  ["goes where several hang that say different things", sameTarget(ENOUGH), message("bad", "any")],
])("a message is a suspect that %s", (_, hanging, like) => {
  const suspicion = suspicionOf(hanging);
  expect(suspicion.isSuspect(like, 1)).toBe(true);
  expect(suspicion.isSuspect(unlike, 1)).toBe(false);
});

it.each([
  ["fewer than a quarter of the sockets hang", sameContent(ENOUGH - 1), message("t0", "bad")],
  [
    "those that hang at its target all say the same, which is what they are suspected for",
    times(ENOUGH, () => message("shared", "bad")),
    message("shared", "good"),
  ],
  ["those that hang have nothing in common", times(64, (i) => message(`t${i}`, `c${i}`)), unlike],
])("nobody else is a suspect when %s", (_, hanging, other) => {
  expect(suspicionOf(hanging).isSuspect(other, 1)).toBe(false);
});

it("a target where a message was accepted lately is not suspected", () => {
  const suspicion = new HangSuspicion(MAX_SOCKETS);
  suspicion.accept("bad", () => "any", 0);
  suspicion.observe(sameTarget(64), 9_999);
  expect(suspicion.isSuspect(message("bad", "any"), 9_999)).toBe(false);
  suspicion.observe(sameTarget(64), 10_001);
  expect(suspicion.isSuspect(message("bad", "any"), 10_001)).toBe(true);
});

it.each([
  ["content", sameContent(ENOUGH), message("any", "bad")],
  ["target", sameTarget(ENOUGH), message("bad", "any")],
])(
  "a %s is cleared by one message that is accepted, and stays so while others hang",
  (_, hanging, like) => {
    const suspicion = suspicionOf(hanging);
    expect(suspicion.accept(like.target, () => like.content, 1)).toBe(true);
    suspicion.observe(hanging, 2);
    expect(suspicion.isSuspect(like, 2)).toBe(false);
  },
);

it("a suspicion outlasts those that have hung, and ends ten seconds after the last of them", () => {
  const suspicion = suspicionOf(sameContent(ENOUGH));
  // A single one is enough to keep it up.
  expect(suspicion.observe(sameContent(1), 5_000)).toBe(false);
  expect(suspicion.isSuspect(message("any", "bad"), 14_999)).toBe(true);
  expect(suspicion.isSuspect(message("any", "bad"), 15_000)).toBe(false);
});

it("what a message says is not looked at while nobody is suspected", () => {
  const content = jest.fn(() => "any");
  expect(new HangSuspicion(MAX_SOCKETS).accept("any", content, 0)).toBe(false);
  expect(content).not.toHaveBeenCalled();
});
