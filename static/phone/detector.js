// What in a text may point to somebody: the same table and the same choice as civic/encounters/detector.py.
let table = null;

// `address` is that of the table; the phone keeps it with its other files.
export const load = async (address) => {
  if (table) return;
  const { patterns } = await (await fetch(address)).json();
  table = patterns.map(({ kind, pattern, flags }) => ({ kind, pattern: new RegExp(pattern, `${flags}g`) }));
};

// Every hit, [{start, end, kind, text}], by its place; of two of one kind that overlap, the first and longest. What was
// found is group 1, which ends where its match ends: old phones tell no place of a group.
export const find = (text) => {
  const hits = (table ?? []).flatMap(({ kind, pattern }) =>
    [...text.matchAll(pattern)].map((match) => {
      const end = match.index + match[0].length;
      return { start: end - match[1].length, end, kind, text: match[1] };
    }),
  );
  hits.sort((a, b) => a.start - b.start || b.end - a.end);
  const kept = [];
  for (const hit of hits)
    if (!kept.some((one) => one.kind === hit.kind && hit.start < one.end)) kept.push(hit);
  return kept;
};
