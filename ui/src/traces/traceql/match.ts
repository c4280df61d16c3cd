// Which proposals fit what was typed, and in which order.

/** More are not shown at a time: who looks for one types on. */
export const PROPOSALS_MAX = 50

/** Those that have what was typed in them, the best fit first, else in their order. */
export function matching<Labelled extends { label: string }>(
  proposals: readonly Labelled[],
  typed: string,
): Labelled[] {
  const wanted = sought(typed)
  const ranked = proposals
    .map((proposal, place) => ({ proposal, place, rank: rankOf(sought(proposal.label), wanted) }))
    .filter(({ rank }) => rank !== null)
  ranked.sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || a.place - b.place)
  return ranked.slice(0, PROPOSALS_MAX).map(({ proposal }) => proposal)
}

/** Names are found without the quotes that they are written with. */
function sought(text: string): string {
  return text.toLowerCase().replaceAll('"', '')
}

/** 0 is the best; null is no fit. */
function rankOf(label: string, wanted: string): number | null {
  if (wanted === '' || label.startsWith(wanted)) return 0
  const at = label.indexOf(wanted)
  if (at === -1) return null
  // The beginning of a part of a name: `route` in `span.http.route`.
  return /[^a-z0-9]/.test(label[at - 1] ?? '') ? 1 : 2
}
