// Whoever types a query from left to right is offered each of its tokens on the way.

import { expect, test } from 'vitest'
import { type Names, type Proposal, proposalsAt, taken, wantedTag } from './complete.ts'
import { metricsIn } from './metrics.ts'
import { positionAt } from './position.ts'
import { attributeName } from './quote.ts'
import { type Token, tokensOf } from './tokens.ts'

const QUERIES = `
{}
{ status = error }
{ true && nestedSetParent < 0 }
{ resource.service.name = "cart" && duration > 200ms }
{ span.http.status_code >= 500 || (name =~ "GET.*" && kind != server) }
{ .a = nil && span.b != nil }
{ event:name = "exception" && event:timeSinceStart > 1ms && link:traceID != "" }
{ rootServiceName = "web" && span:childCount > 3 && instrumentation:version = "1" }
{ span."a b" = 1 }
{ resource.service.name = "a" } >> { status = error }
{ .a } && { .b } || { .c }
{ .a } &>> { .b } !~ { .c } !<< { .d }
({ .a } > { .b }) || ({ .c } < { .d })
{ } | count() > 2
{ status = error } | avg(duration) > 1s && { name = "x" }
{ } | by(resource.service.name) | count() >= 3 | coalesce() | select(name, span.http.route)
{ } | max(span.size) <= 20 | { kind = client }
{ } | rate()
{ kind = server } | rate() by (resource.service.name, name)
{ } | count_over_time() by (status) | topk(5)
{ } | quantile_over_time(duration, 0.5, 0.9, 0.99) by (rootName)
{ } | histogram_over_time(duration) with (sample=true)
{ } | avg_over_time(span.size) by (kind) > 10 | bottomk(3)
{ nestedSetParent < 0 } | compare({ status = error }, 10)
{ } | compare({ duration >= 250ms && duration <= 2s }, 10, 1767225600000000000, 1767227400000000000)
({ status = error } | rate()) / ({ } | rate())
({ } | rate() by (name)) * 100
{ } | sum_over_time(duration) with (exemplars=true, most_recent=true)
{ } | max_over_time(traceDuration) | topk(10) with (exemplars=true)
`
  .trim()
  .split('\n')

/** The attributes of a query, as the server would name them. */
function namesIn(query: string): Names {
  const names = new Map<string, string[]>([['span', []]])
  for (const { kind, text } of tokensOf(query)) {
    if (kind !== 'attribute') continue
    const { scope, name } = attributeName(text)
    const key = scope === '' ? 'span' : scope
    names.set(key, [...(names.get(key) ?? []), name])
  }
  return names
}

const VALUES = [{ type: 'string', value: 'exception' }]

/** Where values of all kinds may stand, which nobody can list. */
const ANY_VALUE = new Set(['value', 'limit', 'argument', 'hint value', 'none', 'stage'])

/** Literals where a field may stand. */
const TYPED = new Set(['true'])

function isOffered(token: Token, before: Token | undefined, query: string): boolean {
  // With a blank, so that the token before is not being typed any more.
  const position = positionAt(`${query.slice(0, token.from)} `, token.from + 1)
  if (token.kind === 'string' || token.kind === 'number') return ANY_VALUE.has(position.place.kind)
  const first = token.kind === 'attribute' && token.text.startsWith('.') ? '.' : ''
  const seen = { ...position, typed: first }
  const offered = proposalsAt(seen, namesIn(query), []).map(({ insert }) => insert)
  // A name brings its parenthesis with it, and a hint its sign.
  const isBrought =
    (token.text === '(' && before?.kind === 'word') || (token.text === '=' && before?.kind === 'word')
  return isBrought || offered.some(insert => insert.trimStart().startsWith(token.text))
}

test('each token of a query is offered at its place', () => {
  const missed = QUERIES.flatMap(query => {
    const tokens = tokensOf(query)
    return tokens
      .filter((token, at) => !isOffered(token, tokens[at - 1], query))
      .filter(({ text }) => !TYPED.has(text))
      .map(({ text, from }) => `${text} at ${from} of ${query}`)
  })
  expect(missed).toEqual([])
})

test('at every place of every query what is replaced lies around the caret, and what is put in stands there', () => {
  for (const query of QUERIES) {
    for (let caret = 0; caret <= query.length; caret += 1) {
      const position = positionAt(query, caret)
      const { from, to, typed } = position
      expect(from <= caret && caret <= to && to <= query.length, `${query} at ${caret}`).toBe(true)
      expect(typed).toBe(query.slice(from, caret))
      for (const proposal of proposalsAt(position, namesIn(query), VALUES).slice(0, 8)) {
        checkTaken(query, caret, proposal)
      }
    }
  }
})

/** Only what was replaced is another, and no blank or parenthesis is doubled. */
function checkTaken(query: string, caret: number, proposal: Proposal) {
  const position = positionAt(query, caret)
  const after = taken(query, position, proposal)
  const head = query.slice(0, position.from)
  const rest = query.slice(position.to)
  expect(after.text.startsWith(head) && after.text.endsWith(rest), `${query} at ${caret}`).toBe(true)
  expect(after.caret).toBeGreaterThan(position.from)
  expect(after.caret).toBeLessThanOrEqual(after.text.length)
  const put = after.text.slice(head.length, after.text.length - rest.length)
  expect(proposal.insert.startsWith(put)).toBe(true)
  expect(`${put}${rest}`).not.toMatch(/^\S+ {2}|^\w+\([^)]*\) ?\(/)
}

test('no prefix of a query breaks anything', () => {
  for (const query of QUERIES) {
    for (let end = 0; end <= query.length; end += 1) {
      const text = query.slice(0, end)
      const position = positionAt(text, end)
      expect(position.to).toBe(end)
      expect(() => wantedTag(position)).not.toThrow()
      expect(() => metricsIn(text)).not.toThrow()
    }
  }
})
