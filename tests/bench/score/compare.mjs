// Is another engine's answer ours? Points, sentences and everything that follows from them, to the last character; only
// the order of summands in a sentence is free.

const clause = (words) => {
  const [sum, ...rest] = words.split(' = ');
  return [sum.split(' + ').sort().join(' + '), ...rest].join(' = ');
};
const sentence = (words) => words.split(/(?<=[：；])/).map((part) => clause(part)).join('');

const view = (entries) =>
  Object.fromEntries(
    Object.entries(entries)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { points, met, because, pending }]) => [id, { points, met, because: sentence(because), pending }]),
  );

const byId = (list) => Object.fromEntries(list.map((entry) => [entry.id, entry]));

/** A SCORE of core/scoring/protocol.h in the shape of the engines' answers. */
export const ours = (score) => ({
  total: score.total, vetoed: score.vetoed, eligible: score.eligible,
  items: byId(score.sections.flatMap((section) => section.items)),
  findings: byId([...score.conditions, ...score.vetoes]),
});

/** What differs, as a line for people; null when nothing does. */
export function difference(want, have) {
  for (const name of ['total', 'vetoed', 'eligible'])
    if (want[name] !== have[name]) return `${name}: ours ${want[name]}, theirs ${have[name]}`;
  for (const name of ['items', 'findings']) {
    const [a, b] = [view(want[name]), view(have[name])];
    for (const id of new Set([...Object.keys(a), ...Object.keys(b)]))
      if (JSON.stringify(a[id]) !== JSON.stringify(b[id])) return `${id}:\n  ours   ${JSON.stringify(a[id])}\n  theirs ${JSON.stringify(b[id])}`;
  }
  return null;
}
