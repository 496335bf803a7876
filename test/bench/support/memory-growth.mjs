/** What each subject takes of memory, in fresh processes every round; all of a round in turn. */
export async function sampleInTurn(names, rounds, measure) {
  const samples = Object.fromEntries(names.map((name) => [name, { rss: [], heap: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { rss, heap }] of Object.entries(samples)) {
      const sample = await measure(name);
      rss.push(sample.rss);
      heap.push(sample.heap);
    }
  }
  return samples;
}

/** How much a process has grown by, for each of what was added to it. */
export function growthInKib(before, after, count) {
  const perOne = (kind) => (after[kind] - before[kind]) / count / 1024;
  return { rss: perOne("rss"), heap: perOne("heap") };
}
