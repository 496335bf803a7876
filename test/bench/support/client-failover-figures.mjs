const momentInMs = 100;

/** What a trial comes to. A silence that has not ended is infinite. */
export function figuresOf({ clients, negotiates, rejections, machine }) {
  const silences = clients.map(({ isBack, silenceInMs }) =>
    isBack ? silenceInMs : Number.POSITIVE_INFINITY,
  );
  const missed = clients.map((client) => client.missed);
  const share = (isSo) => clients.filter(isSo).length / clients.length;
  return {
    silenceInMs: [0.5, 0.99, 1].map((part) => percentile(silences, part)),
    missed: [0.5, 1].map((part) => percentile(missed, part)),
    missedNone: share((client) => client.missed === 0),
    back: share((client) => client.isBack),
    negotiates: { ...rateOf(negotiates), perClient: negotiates.length / clients.length },
    rejections,
    machine,
  };
}

/** Figure by figure, of rounds that came to figures of the same shape. */
export function medianOf(rounds) {
  const [first] = rounds;
  if (typeof first === "number") return percentile(rounds, 0.5);
  const medianAt = (key) => medianOf(rounds.map((figures) => figures[key]));
  if (Array.isArray(first)) return first.map((_, index) => medianAt(index));
  return Object.fromEntries(Object.keys(first).map((key) => [key, medianAt(key)]));
}

/** Without interpolation, which infinity and whole messages do not take. */
function percentile(values, part) {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.max(0, Math.ceil(part * values.length) - 1)];
}

/** The busiest moment and the busiest second, against the mean from the first negotiate to the last. */
function rateOf(times) {
  if (times.length === 0)
    return { windowInMs: 0, moment: { perSecond: 0 }, second: { perSecond: 0 } };
  const ascending = times.toSorted((a, b) => a - b);
  const windowInMs = ascending.at(-1) - ascending[0];
  const peakIn = (spanInMs) => {
    const perSecond = (mostWithin(ascending, spanInMs) / spanInMs) * 1000;
    // No burst is shorter than the span that it is looked at in.
    const meanPerSecond = (times.length / Math.max(windowInMs, spanInMs)) * 1000;
    return { perSecond, excess: perSecond / meanPerSecond };
  };
  return { windowInMs, moment: peakIn(momentInMs), second: peakIn(1000) };
}

function mostWithin(ascending, spanInMs) {
  let most = 0;
  let first = 0;
  for (const [last, time] of ascending.entries()) {
    while (time - ascending[first] >= spanInMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
