import { expect, test } from 'vitest'
import { randomOf } from '../../test/random.ts'
import { type Names, proposalsAt, taken, wantedTag } from './complete.ts'
import { finished } from './finish.ts'
import { positionAt } from './position.ts'
import {
  attributesIn,
  clausesOf,
  comparisonIn,
  hasClause,
  loneClauses,
  withAttribute,
  withClause,
  withoutClause,
} from './query.ts'
import { attributeName, attributeText, quotedText, unquoted } from './quote.ts'
import { offsetOf, tokensOf } from './tokens.ts'

const PIECES =
  '{ } ( ) && || = =~ != > >> !>> | , status error "a b" "open `raw` span.http.route span."a b".c .x 200ms 1.5e3 .5 // é 𝒳 \\ "\\"" count() nil'.split(
    ' ',
  )

/** Whatever people type. */
function randomText(seed: number): string {
  const random = randomOf(seed)
  const count = Math.floor(random() * 12)
  return Array.from(
    { length: count },
    () => PIECES[Math.floor(random() * PIECES.length)] + (random() < 0.5 ? ' ' : ''),
  ).join('')
}

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed + 1)

test('tokens cover a text, in order, whatever it is', () => {
  for (const text of SEEDS.map(randomText)) {
    let at = 0
    for (const token of tokensOf(text)) {
      expect(token.from, text).toBeGreaterThanOrEqual(at)
      expect(text.slice(token.from, token.to)).toBe(token.text)
      expect(token.text).not.toBe('')
      at = token.to
    }
  }
})

test('tokens are those of the language', () => {
  const kinds = (text: string) => tokensOf(text).map(({ kind, text }) => `${kind} ${text}`)
  expect(kinds('{ span.http.status_code>=500&&name!~"a\\"}" }')).toEqual([
    'symbol {',
    'attribute span.http.status_code',
    'symbol >=',
    'number 500',
    'symbol &&',
    'word name',
    'symbol !~',
    'string "a\\"}"',
    'symbol }',
  ])
  expect(kinds('span."a {b}".c = .5 // the rest')).toEqual([
    'attribute span."a {b}".c',
    'symbol =',
    'number .5',
  ])
  expect(kinds('{event:name="x"} !>> {1h30m}')).toContain('word event:name')
  expect(kinds('{event:name="x"} !>> {1h30m}')).toContain('symbol !>>')
  expect(kinds('parent.span.x parent')).toEqual(['attribute parent.span.x', 'word parent'])
})

test('what is quoted reads as before', () => {
  for (const text of ['', 'plain', 'with "quotes"', 'a\\b', 'ends with \\', 'line\nbreak', '{ }']) {
    expect(unquoted(quotedText(text))).toBe(text)
    const [token, ...rest] = tokensOf(quotedText(text))
    expect(token?.kind).toBe('string')
    expect(rest).toEqual([])
  }
  for (const name of ['http.route', 'a b', 'with "quotes"', 'x=y']) {
    const text = attributeText('span', name)
    expect(tokensOf(text)).toHaveLength(1)
    expect(attributeName(text)).toEqual({ scope: 'span', name })
  }
})

test('a place that the server names is found in the text', () => {
  expect(offsetOf('{ status = eror }', { line: 1, column: 12 })).toBe(11)
  expect(offsetOf('{ name = "𝒳" && x }', { line: 1, column: 17 })).toBe('{ name = "𝒳" && '.length)
  expect(offsetOf('{ a\n}', { line: 2, column: 1 })).toBe(4)
  expect(offsetOf('{ a', { line: 1, column: 99 })).toBe(3)
})

const NAMES: Names = new Map([
  ['resource', ['service.name', 'k8s.namespace.name']],
  ['span', ['http.route', 'http.status_code', 'a b']],
])

const labels = (text: string, values: { type: string; value: string }[] = []) => {
  const position = positionAt(text.replace('^', ''), text.indexOf('^'))
  return proposalsAt(position, NAMES, values).map(({ label }) => label)
}

test('names are found by any part of them, the beginnings first', () => {
  expect(labels('{ http^')).toEqual(['span.http.route', 'span.http.status_code'])
  expect(labels('{ stat^').slice(0, 2)).toEqual(['status', 'statusMessage'])
  expect(labels('{ stat^')).toContain('span.http.status_code')
  expect(labels('{ .serv^')).toEqual(['.service.name'])
  expect(labels('{ resource.^')).toEqual(['resource.service.name', 'resource.k8s.namespace.name'])
  expect(labels('{ span.a^')).toContain('span."a b"')
})

test('values are written as their type is', () => {
  const values = [
    { type: 'int', value: '503' },
    { type: 'string', value: 'a "b"' },
  ]
  const insert = (text: string) =>
    proposalsAt(positionAt(text, text.length), NAMES, values).map(({ insert }) => insert)
  expect(insert('{ span.http.status_code = ')).toEqual(['503 ', '"a \\"b\\"" ', 'nil '])
  expect(insert('{ span.http.status_code =~ "a')).toEqual(['"a \\"b\\"" '])
  expect(insert('{ status != ')).toEqual(['error ', 'ok ', 'unset '])
  expect(wantedTag(positionAt('{ span.http.route = ', 20))).toBe('span.http.route')
  expect(wantedTag(positionAt('{ duration > ', 13))).toBeNull()
})

test('operators are those of the type that all known values have', () => {
  const offered = (field: string, ...types: string[]) => {
    const values = types.map(type => ({ type, value: '1' }))
    return labels(`{ ${field} ^`, values).slice(0, 4).join(' ')
  }
  expect(offered('span.x')).toBe('= != =~ !~')
  expect(offered('span.x', 'string', 'string')).toBe('= != =~ !~')
  expect(offered('span.x', 'int', 'float')).toBe('= != > >=')
  expect(offered('span.x', 'int', 'string')).toBe('= != =~ !~')
  expect(offered('span.x', 'bool')).toBe('= != != nil = nil')
  expect(offered('duration')).toBe('> >= < <=')
  expect(offered('status')).toBe('= !=')
  const wanted = (text: string) => wantedTag(positionAt(text, text.length))
  expect(wanted('{ span.x ')).toBe('span.x')
  expect(wanted('{ name ')).toBeNull()
})

test('numbers are wanted where only numbers make sense', () => {
  expect(labels('{ } | avg(^')).toContain('duration')
  expect(labels('{ } | avg(^')).toContain('span.http.status_code')
  expect(labels('{ } | avg(^')).not.toContain('name')
  expect(labels('{ } | quantile_over_time(duration, ^')).toEqual(['0.5', '0.9', '0.95', '0.99'])
  expect(labels('{ } | count() > ^')).toEqual(['5', '10', '20'])
})

test('a function behind a set of spans is offered with its pipe', () => {
  expect(labels('{ } ^')).not.toContain('| rate()')
  expect(labels('{ } ra^')[0]).toBe('| rate()')
  expect(labels('{ } | rate() top^')[0]).toBe('| topk()')
})

test('a proposal takes the place of what was typed', () => {
  const take = (text: string) => {
    const caret = text.indexOf('^')
    const plain = text.replace('^', '')
    const position = positionAt(plain, caret)
    const [first] = proposalsAt(position, NAMES, [{ type: 'string', value: 'cart' }])
    if (first === undefined) throw new Error(`nothing is proposed for ${text}`)
    const after = taken(plain, position, first)
    return `${after.text.slice(0, after.caret)}^${after.text.slice(after.caret)}`
  }
  expect(take('{ rout^')).toBe('{ span.http.route ^')
  expect(take('{ sta^ = error }')).toBe('{ status ^= error }')
  expect(take('{ resource.service.name = "ca^')).toBe('{ resource.service.name = "cart" ^')
  expect(take('{ } | qu^')).toBe('{ } | quantile_over_time(duration, 0.5, 0.9, 0.99) ^')
  expect(take('{ } | av^(duration) > 1s')).toBe('{ } | avg(^duration) > 1s')
  expect(take('{ } co^')).toBe('{ } | count() > ^')
  expect(take('{ } | rate() ^')).toBe('{ } | rate() by (^')
  expect(take('{ } | rate() with (ex^')).toBe('{ } | rate() with (exemplars=^')
  expect(take('{ resource.service.name = "ca^x" }')).toBe('{ resource.service.name = "cart" ^}')
})

test('a clause goes into the last filter, and out again', () => {
  const both = (query: string, clause: string) => {
    const narrowed = withClause(query, clause)
    expect(hasClause(narrowed, clause)).toBe(true)
    expect(withoutClause(narrowed, clause)).toBe(query)
    return narrowed
  }
  expect(both('', 'status = error')).toBe('{ status = error }')
  expect(both('{ kind = server }', 'status = error')).toBe('{ kind = server && status = error }')
  expect(both('{ kind = server } >> { name = "a" }', 'status = error')).toBe(
    '{ kind = server } >> { name = "a" } | { status = error }',
  )
  expect(both('{ kind = server } | count() > 2', 'status = error')).toBe(
    '{ kind = server } | count() > 2 | { status = error }',
  )
  expect(withClause('{ }', 'status = error')).toBe('{ status = error }')
  expect(withClause('{ .a = 1 || .b = 2 }', 'status = error')).toBe(
    '{ (.a = 1 || .b = 2) && status = error }',
  )
  expect(withClause('{ } >> { } with (x = 1)', 'status = error')).toBe(
    '{ } >> { } | { status = error } with (x = 1)',
  )
  expect(withClause('{ status=error }', 'status = error')).toBe('{ status=error }')
})

test('clauses are what && joins, outside of brackets and strings', () => {
  expect(clausesOf('{ .a = "x && y" && (.b || .c) && !(.d = 1) }')).toEqual([
    '.a = "x && y"',
    '(.b || .c)',
    '!(.d = 1)',
  ])
  expect(clausesOf('{ .a || .b && .c }')).toEqual(['.a || .b && .c'])
  expect(loneClauses('{ .a && .b }')).toEqual(['.a', '.b'])
  expect(loneClauses('{ .a } && { .b }')).toBeNull()
  expect(loneClauses('{ .a } | { .b }')).toBeNull()
})

test('what a clause compares is read', () => {
  expect(comparisonIn('traceDuration >= 10ms')).toEqual({ field: 'traceDuration', op: '>=', value: '10ms' })
  expect(comparisonIn('(.a || .b)')).toBeNull()
  expect(attributesIn('{ span.a = 1 && name = "x" } >> { .b && span.a }').map(({ name }) => name)).toEqual([
    'a',
    'b',
  ])
})

test('what is left open is closed', () => {
  expect(finished('{ status = error')).toBe('{ status = error }')
  expect(finished('{ (name = "a')).toBe('{ (name = "a") }')
  expect(finished('status = error')).toBe('{ status = error }')
  expect(finished('  ')).toBe('')
  expect(finished('{ status = eror }')).toBe('{ status = eror }')
  for (const text of SEEDS.map(randomText)) expect(finished(finished(text))).toBe(finished(text))
})

test('an attribute is replaced where the query names it, and nowhere else', () => {
  const query = '{ .a = "not .a" && .ab = 1 && parent.a = 2 } | { .a > 1 }'
  expect(withAttribute(query, '.a', 'span.b')).toBe(
    '{ span.b = "not .a" && .ab = 1 && parent.a = 2 } | { span.b > 1 }',
  )
})
