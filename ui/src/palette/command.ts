// What the palette offers, and in which order.

import { type Fit, fitOf } from './score.ts'

export interface Command {
  /** The same tomorrow: who used it finds it at the top. */
  id: string
  title: string
  group: string
  /** What it is, in a word or two. */
  words?: string
  /** Keys that do the same. */
  keys?: string | undefined
  run: () => void
}

export interface Found extends Fit {
  command: Command
}

/** A command that fits by its group or words, and not by its title, is found after those that do. */
const ELSEWHERE = 0.3
const RECENT = 4
const SHOWN_MAX = 60

/** Those that fit what is typed, the best first; of equals the ones used lately. */
export function found(query: string, commands: readonly Command[], recent: readonly string[]): Found[] {
  const weightOf = ({ id }: Command) => {
    const at = recent.indexOf(id)
    return at < 0 ? 0 : RECENT * (1 - at / recent.length)
  }
  const fits = commands.flatMap(command => {
    const fit = fitOfCommand(query, command)
    return fit === null ? [] : [{ ...fit, score: fit.score + weightOf(command), command }]
  })
  return fits.toSorted((a, b) => b.score - a.score).slice(0, SHOWN_MAX)
}

function fitOfCommand(query: string, { title, group, words = '' }: Command): Fit | null {
  // Without a question the order is that in which they are offered.
  if (query.trim() === '') return { score: 0, ranges: [] }
  const byTitle = fitOf(query, title)
  if (byTitle !== null) return byTitle
  const byAll = fitOf(query, `${title} ${group} ${words}`)
  if (byAll === null) return null
  const inTitle = byAll.ranges.filter(([, end]) => end <= title.length)
  return { score: byAll.score * ELSEWHERE, ranges: inTitle }
}

const KEPT_MAX = 8

export function withRecent(recent: readonly string[], id: string): string[] {
  return [id, ...recent.filter(other => other !== id)].slice(0, KEPT_MAX)
}

/** As it was kept; nothing where that cannot be read. */
export function readRecent(text: string | null): string[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(read) ? read.filter(id => typeof id === 'string').slice(0, KEPT_MAX) : []
  } catch {
    return []
  }
}

/** Several words, an id with hyphens, or the address of a trace: null where there is no trace id in it. */
export function traceIdIn(text: string): string | null {
  const [, fromUrl] = /\/traces\/([0-9a-f]{1,32})(?:[?#/]|$)/i.exec(text) ?? []
  const compact = (fromUrl ?? text).trim().replaceAll('-', '').toLowerCase()
  return /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(compact) || fromUrl !== undefined ? compact : null
}
