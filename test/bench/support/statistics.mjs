const sorted = (values) => [...values].sort((a, b) => a - b);

export function quantile(values, share) {
  const ascending = sorted(values);
  const place = (ascending.length - 1) * share;
  const below = ascending[Math.floor(place)];
  const above = ascending[Math.ceil(place)];
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values) => quantile(values, 0.5);

/** How far the middle half of the rounds lies apart, as a share of the median: the machine's noise. */
export const spread = (values) =>
  (quantile(values, 0.75) - quantile(values, 0.25)) / median(values);

/** Round by round, since neighbours in time met the same weather. */
export const ratios = (ours, theirs) => ours.map((value, round) => value / theirs[round]);
