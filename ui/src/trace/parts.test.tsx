// @vitest-environment happy-dom
// A trace that does not fit in one answer, and what spans say when they are asked.

import { screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { joined, ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import { openApp, secondsAgo } from '../test/app.tsx'
import { giveSizes } from '../test/size.ts'

beforeEach(giveSizes)

const MS = 1_000_000n
const ID = traceId(1)

type Before = NonNullable<Parameters<typeof openApp>[1]>['before']

/** `web > cart > db! > disk`, and `mail` and `post` beside `cart`; three of these are in an answer. */
function open(search = '', before?: Before, rowsMax = 3) {
  const store = new MockStore()
  const start = secondsAgo(300)
  const span = (service: string, id: number, fields: SpanFields = {}) =>
    ofService(service, [
      otlpSpan(ID, spanId(id), `${service} work`, {
        start: start + BigInt(id) * MS,
        end: start + 100n * MS,
        kind: 'server',
        ...fields,
      }),
    ])
  store.take(
    joined([
      span('web', 1),
      span('cart', 2, { parent: spanId(1) }),
      span('mail', 3, { parent: spanId(1) }),
      span('post', 4, { parent: spanId(1), attributes: { box: 'full' } }),
      span('db', 5, { parent: spanId(2), error: 'no rows' }),
      span('disk', 6, { parent: spanId(5), attributes: { box: 'empty' } }),
    ]),
  )
  const api = { tenants: ['default'], rowsMax }
  return openApp(`/traces/${ID}${search}`, { store, api, ...(before === undefined ? {} : { before }) })
}

/** What the rows say, without their times. */
async function lines(): Promise<(string | null | undefined)[]> {
  await screen.findByRole('treegrid')
  const [, ...rows] = within(screen.getByRole('treegrid')).getAllByRole('row')
  return rows.map(row => row.querySelector('.span-name')?.textContent)
}
const shows = (expected: string[]) => waitFor(async () => expect(await lines()).toEqual(expected))

const AT_FIRST = ['web web work', 'cart cart work', '+2 spans1 error', 'mail mail work', '+1 span']

test('what is not there is counted where it belongs, and the head says so', async () => {
  open()
  await shows(AT_FIRST)
  expect(screen.getByText(/^3 of 6 spans are shown/)).toBeTruthy()
  expect(screen.getByText('1 span')).toBeTruthy()
})

test('keys open what is not there, and go to the first of it', async () => {
  const { user, url, asked } = open()
  await shows(AT_FIRST)
  await user.keyboard('jj')
  await waitFor(() => expect(url()).toContain(`span=${spanId(2)}`))
  await user.keyboard('j')
  await waitFor(() => expect(decodeURIComponent(url())).toContain(`span=${spanId(2)}~more`))
  expect(screen.queryByRole('complementary')).toBeNull()
  await user.keyboard('{Enter}')
  await shows([
    'web web work',
    'cart cart work',
    'db db workerror',
    'disk disk work',
    'mail mail work',
    '+1 span',
  ])
  await waitFor(() => expect(url()).toContain(`span=${spanId(5)}`))
  const questions = asked.map(({ url }) => new URL(url)).filter(({ pathname }) => pathname.endsWith('/spans'))
  expect(questions.at(-1)?.search).toBe(`?under=${spanId(2)}&kind=2&skip=0`)
  await user.keyboard('{End}{ArrowRight}')
  await waitFor(async () => expect((await lines()).at(-1)).toBe('post post work'))
  expect(screen.queryByText(/spans are shown/)).toBeNull()
})

test('a click opens what is not there', async () => {
  const { user } = open()
  await shows(AT_FIRST)
  await user.click(screen.getByRole('button', { name: '+1 span' }))
  await waitFor(async () => expect((await lines()).at(-1)).toBe('post post work'))
})

test('what does not come says so at its row, and can be asked for again', async () => {
  let isDown = true
  const { user } = open('', async (request, ask) => {
    if (!isDown || !new URL(request.url).searchParams.has('under')) return ask(request)
    const error = { code: 'too_many', message: 'too many queries at a time' }
    return Response.json({ error }, { status: 429 })
  })
  await shows(AT_FIRST)
  await user.click(screen.getByRole('button', { name: '+2 spans' }))
  const row = within(await screen.findByRole('row', { name: /\+2 spans/ }))
  expect((await row.findByRole('alert')).textContent).toContain('too many queries at a time')
  isDown = false
  await user.click(row.getByRole('button', { name: '+2 spans' }))
  await waitFor(async () => expect(await lines()).toContain('disk disk work'))
})

test('a span that is not there says all that it says, and the way to it can be opened', async () => {
  const { user } = open(`?span=${spanId(6)}`)
  expect(await screen.findByText(/is not among the 3 that are shown/)).toBeTruthy()
  expect(within(screen.getByRole('complementary')).getByText('box')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Open the way to it' }))
  await shows([
    'web web work',
    'cart cart work',
    'db db workerror',
    'disk disk work',
    'mail mail work',
    '+1 span',
  ])
  await waitFor(() => expect(screen.queryByText(/is not among/)).toBeNull())
  expect((await screen.findByRole('row', { selected: true })).textContent).toContain('disk')
})

test('the way to a span goes over both halves of a call', async () => {
  const start = secondsAgo(300)
  const half = (service: string, id: number, parent: number | null, kind: 'client' | 'server', at: bigint) =>
    ofService(service, [
      otlpSpan(ID, spanId(id), `${service} ${kind}`, {
        start: start + at * MS,
        end: start + 100n * MS,
        kind,
        ...(parent === null ? {} : { parent: spanId(parent) }),
      }),
    ])
  const store = new MockStore()
  store.take(
    joined([
      half('web', 1, null, 'server', 0n),
      half('web', 2, 1, 'client', 1n),
      half('cart', 2, 1, 'server', 2n),
      half('cart', 3, 2, 'client', 3n),
      half('web', 4, 2, 'client', 4n),
    ]),
  )
  const api = { tenants: ['default'], rowsMax: 1 }
  const { user } = openApp(`/traces/${ID}?span=${spanId(3)}`, { store, api })
  await user.click(await screen.findByRole('button', { name: 'Open the way to it' }))
  // The call of `web` that is still missing is the client half's.
  await shows(['web web server', 'web web client', 'cart cart server', 'cart cart client', '+1 span'])
  await user.click(screen.getByRole('button', { name: '+1 span' }))
  await waitFor(async () => expect(await lines()).toHaveLength(5))
  const levels = within(screen.getByRole('treegrid')).getAllByRole('row').slice(1)
  expect(levels.map(row => row.getAttribute('aria-level'))).toEqual(['1', '2', '3', '4', '3'])
})

test('who goes on while something is opened is left where they are', async () => {
  let answer = () => {}
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  const { user, url } = open('', async (request, ask) => {
    if (new URL(request.url).searchParams.has('under')) await answered
    return ask(request)
  })
  await shows(AT_FIRST)
  await user.click(screen.getByRole('button', { name: '+2 spans' }))
  expect(await screen.findByText('Loading')).toBeTruthy()
  await user.click(screen.getByText('mail work'))
  await waitFor(() => expect(url()).toContain(`span=${spanId(3)}`))
  answer()
  await waitFor(async () => expect(await lines()).toContain('disk disk work'))
  expect(url()).toContain(`span=${spanId(3)}`)
})

test('an id that no span has is forgotten, in a part of a trace, too', async () => {
  const { user, url } = open(`?span=${spanId(77)}`)
  await user.click(await screen.findByRole('button', { name: 'Forget it' }))
  await waitFor(() => expect(url()).toBe(`/traces/${ID}`))
})

test('what is found and not there is counted, and leads there', async () => {
  const { user, url } = open('?find=box')
  await user.click(await screen.findByRole('button', { name: '2 of them are not loaded' }))
  await waitFor(() => expect(url()).toContain(`span=${spanId(6)}`))
  await user.click(await screen.findByRole('button', { name: 'Open the way to it' }))
  expect(await screen.findByText('1 of 1')).toBeTruthy()
  expect(screen.getByRole('button', { name: '1 of them is not loaded' })).toBeTruthy()
})

test('while one types on, what was found before stays, and only the last is looked for', async () => {
  const { user, asked } = open('', undefined, 100)
  await shows([
    'web web work',
    'cart cart work',
    'db db workerror',
    'disk disk work',
    'mail mail work',
    'post post work',
  ])
  await user.type(screen.getByRole('searchbox', { name: 'Find spans' }), 'box=full{Enter}')
  expect(await screen.findByText('1 found')).toBeTruthy()
  const looked = asked.filter(({ url }) => url.includes('/matches'))
  expect(looked.map(({ url }) => new URL(url).searchParams.get('text'))).toEqual(['box=full'])
})

test('the neighbours of a span are asked for before they are looked at', async () => {
  const { asked } = open(`?span=${spanId(2)}`, undefined, 100)
  const spans = () => asked.flatMap(({ url }) => /\/spans\/(\w{16})/.exec(url)?.[1] ?? [])
  // Its parent, the next, which is the next error, and the previous, which is the parent.
  await waitFor(() => expect(spans().sort()).toEqual([spanId(1), spanId(2), spanId(5)]))
})

test('details that do not come say why, and come when asked again', async () => {
  let isDown = true
  const { user } = open(
    `?span=${spanId(4)}`,
    async (request, ask) =>
      isDown && request.url.includes(`/spans/${spanId(4)}`)
        ? Response.json({ error: { code: 'too_many', message: 'too many queries' } }, { status: 429 })
        : ask(request),
    100,
  )
  const panel = within(await screen.findByRole('complementary'))
  expect((await panel.findByRole('alert')).textContent).toContain('too many queries')
  expect(panel.getByText('Duration')).toBeTruthy()
  isDown = false
  await user.click(panel.getByRole('button', { name: 'Retry' }))
  expect(await panel.findByText('box')).toBeTruthy()
})
