// How bad what fills up is, and in which order it is shown: the worst first.

import type { SchemaSaturationSeries } from '../../api/schema.d.ts'
import type { State } from '../../ui/mark.tsx'

interface Level {
  /** The lower, the worse. */
  rank: number
  mark: State
}

const CRITICAL: Level = { rank: 0, mark: 'bad' }
const WARNING: Level = { rank: 1, mark: 'warn' }
const OK: Level = { rank: 2, mark: 'ok' }
/** A word of a later server. */
const OTHER: Level = { rank: 3, mark: 'idle' }

const LEVELS = new Map([
  ['critical', CRITICAL],
  ['warning', WARNING],
  ['ok', OK],
])

/** The API says what is in it as text: others may come. */
export function levelOf({ level }: Pick<SchemaSaturationSeries, 'level'>): Level {
  return LEVELS.get(level) ?? OTHER
}

export function isTrouble(item: Pick<SchemaSaturationSeries, 'level'>): boolean {
  return levelOf(item).rank < OK.rank
}

export const RATIO = '1'

/** The worst first; of one level the ratios, and then what has the same unit side by side. */
export function worstFirst(items: readonly SchemaSaturationSeries[]): SchemaSaturationSeries[] {
  const units = [RATIO, ...new Set(items.map(({ unit }) => unit))]
  return items.toSorted(
    (a, b) => levelOf(a).rank - levelOf(b).rank || units.indexOf(a.unit) - units.indexOf(b.unit),
  )
}

/** The worst that is a reason to look; null without one. */
export function worstTrouble(items: readonly SchemaSaturationSeries[]): SchemaSaturationSeries | null {
  return worstFirst(items).find(isTrouble) ?? null
}

/** `1 critical, 2 warnings, 9 ok`. */
export function levelCounts(items: readonly SchemaSaturationSeries[]): string {
  const counts = new Map<string, number>()
  for (const { level } of worstFirst(items)) counts.set(level, (counts.get(level) ?? 0) + 1)
  return [...counts]
    .map(([level, count]) => `${count} ${level}${level === 'warning' && count > 1 ? 's' : ''}`)
    .join(', ')
}
