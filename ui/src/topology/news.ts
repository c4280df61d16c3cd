// Changes of health in words, for screen readers: what is news, and never more than one sentence in a while.

import { useEffect, useState } from 'react'
import type { SchemaHealth, SchemaNodeItem } from '../api/schema.d.ts'
import { nodeName } from '../graph/signal-text.ts'
import { useNow } from '../ui/clock.ts'
import { milliseconds, SECOND } from '../ui/units.ts'

const QUIET = milliseconds(10 * SECOND)
const NAMED_MAX = 3

type Healths = ReadonlyMap<string, SchemaHealth>

export interface News {
  /** What was last told of, or first seen. */
  told: Healths
  toldAt: number
  words: string
}

export function firstNews(nodes: readonly SchemaNodeItem[], now: number): News {
  return { told: healthsOf(nodes), toldAt: now, words: '' }
}

/** The news after another look; the same object where there is nothing to tell yet. */
export function newsAfter(news: News, nodes: readonly SchemaNodeItem[], now: number): News {
  if (now - news.toldAt < QUIET) return news
  const changed = nodes.filter(({ id, health }) => news.told.has(id) && news.told.get(id) !== health)
  if (changed.length === 0) return news
  const named = changed.slice(0, NAMED_MAX).map(node => `${nodeName(node)} is ${node.health}`)
  const rest = changed.length - named.length
  const words = rest === 0 ? named.join(', ') : `${named.join(', ')}, and ${rest} more changed`
  return { told: healthsOf(nodes), toldAt: now, words }
}

function healthsOf(nodes: readonly SchemaNodeItem[]): Healths {
  return new Map(nodes.map(({ id, health }) => [id, health]))
}

export function useHealthNews(nodes: readonly SchemaNodeItem[]): string {
  const now = useNow()
  const [news, setNews] = useState(() => firstNews(nodes, now))
  useEffect(() => setNews(before => newsAfter(before, nodes, now)), [nodes, now])
  return news.words
}
