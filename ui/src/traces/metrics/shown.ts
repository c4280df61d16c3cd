// Which of the lines are drawn. In the URL: `series=a,b` are these alone, `series=!a,b` all but these.

import { hiddenServices, hiddenText } from '../../trace/prune.ts'
import { type Line, SHOWN_MAX } from './lines.ts'

type Named = Pick<Line, 'id'>

/** What is drawn where nobody has chosen: the largest. */
const firstOf = (lines: readonly Named[]) => lines.slice(0, SHOWN_MAX).map(({ id }) => id)

export function shownIn(text: string | undefined, lines: readonly Named[]): ReadonlySet<string> {
  const isHidden = text?.startsWith('!') === true
  const named = hiddenServices(isHidden ? text?.slice(1) : text)
  if (text === undefined) return new Set(firstOf(lines))
  const among = isHidden ? firstOf(lines) : lines.map(({ id }) => id)
  return new Set(among.filter(id => named.has(id) !== isHidden))
}

/** The shorter of both ways to say it; undefined is the beginning. */
export function textOfShown(shown: ReadonlySet<string>, lines: readonly Named[]): string | undefined {
  const first = firstOf(lines)
  const hidden = first.filter(id => !shown.has(id))
  const isPart = shown.size + hidden.length === first.length
  if (isPart && hidden.length === 0) return undefined
  const isShorter = isPart && (hidden.length <= shown.size || shown.size === 0)
  return isShorter ? `!${hiddenText(new Set(hidden)) ?? ''}` : hiddenText(shown)
}

export function toggled(shown: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(shown)
  if (!next.delete(id)) next.add(id)
  return next
}
