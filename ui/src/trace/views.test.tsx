// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import { openApp, secondsAgo } from '../test/app.tsx'

/** Nothing has a size in happy-dom, and rows are drawn for what is in sight. */
beforeEach(() => {
  let prototype: Element = document.createElement('div')
  while (!Object.hasOwn(prototype, 'clientHeight')) prototype = Object.getPrototypeOf(prototype)
  vi.spyOn(prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(prototype, 'clientWidth', 'get').mockReturnValue(1000)
})

const MS = 1_000_000n

/** `web > cart`, and `mail` with a failure below `web`. */
function open(search = '', before?: NonNullable<Parameters<typeof openApp>[1]>['before']) {
  const store = new MockStore()
  const start = secondsAgo(300)
  const span = (service: string, id: number, from: number, to: number, fields: SpanFields = {}) =>
    store.take(
      ofService(
        service,
        [
          otlpSpan(traceId(1), spanId(id), `${service} work`, {
            start: start + BigInt(from) * MS,
            end: start + BigInt(to) * MS,
            ...fields,
          }),
        ],
        { 'k8s.namespace.name': 'shop' },
      ),
    )
  const http = { 'http.route': '/cart', 'http.response.status_code': 503 }
  span('web', 1, 0, 100, { kind: 'server' })
  span('cart', 2, 10, 60, { kind: 'server', parent: spanId(1), attributes: http })
  span('mail', 3, 70, 90, { parent: spanId(1), error: 'mailbox full' })
  return openApp(`/traces/${traceId(1)}${search}`, { store, ...(before === undefined ? {} : { before }) })
}

async function rowsIn(): Promise<HTMLElement[]> {
  await screen.findByRole('treegrid')
  return waitFor(() => {
    const [, ...rows] = within(screen.getByRole('treegrid')).getAllByRole('row')
    expect(rows).not.toEqual([])
    return rows
  })
}
const texts = async () => (await rowsIn()).map(row => row.textContent)

test('c shows the critical path: its share by service, and its parts in the bars', async () => {
  const { user, url } = open()
  await rowsIn()
  await user.keyboard('c')
  const list = await screen.findByRole('list', { name: 'Critical path by service' })
  expect(list.textContent).toContain('cart 50.0 %')
  expect(document.querySelectorAll('.span-time__path')).toHaveLength(5)
  expect(url()).toContain('cp=1')
  await user.keyboard('c')
  await waitFor(() => expect(screen.queryByRole('list', { name: 'Critical path by service' })).toBeNull())
})

test('a critical path that does not come says why, leaves the trace, and comes when asked again', async () => {
  let isDown = true
  const { user } = open('?cp=1', async (request, ask) => {
    const isPath = new URL(request.url).pathname.endsWith('/critical-path')
    if (!isPath || !isDown) return ask(request)
    const error = { code: 'too_many', message: 'too many queries at a time' }
    return Response.json({ error }, { status: 429 })
  })
  expect(await screen.findByText(/The critical path did not come: too many queries/)).toBeTruthy()
  expect(await rowsIn()).toHaveLength(3)
  isDown = false
  await user.click(screen.getByRole('button', { name: 'Retry' }))
  expect(await screen.findByRole('list', { name: 'Critical path by service' })).toBeTruthy()
})

test('while the critical path is on its way, that is said', async () => {
  open('?cp=1', (request, ask) =>
    new URL(request.url).pathname.endsWith('/critical-path') ? new Promise(() => {}) : ask(request),
  )
  expect(await screen.findByRole('status', { name: 'Loading the critical path' })).toBeTruthy()
  expect(await rowsIn()).toHaveLength(3)
})

test('what is found is marked and counted; only that is left if one asks', async () => {
  const { url } = open('?find=http.route%3D/cart&only=matches')
  expect(await screen.findByText('1 found')).toBeTruthy()
  const rows = await rowsIn()
  expect(rows.map(row => row.dataset['found'] ?? row.dataset['dimmed'])).toEqual(['true', 'true'])
  expect(rows[0]?.dataset['dimmed']).toBe('true')
  expect(rows[1]?.textContent).toContain('found')
  expect(url()).toContain('only=matches')
})

test('a pruned service is counted where it was, with its errors, and comes back', async () => {
  const { user, url } = open()
  await rowsIn()
  await user.click(screen.getByRole('button', { name: /^mail/ }))
  await waitFor(async () => expect(await rowsIn()).toHaveLength(2))
  expect((await texts())[0]).toMatch(/1 span pruned.*1 error/)
  expect(url()).toContain('hideSvc=mail')
  await user.click(screen.getByRole('button', { name: 'Show all services' }))
  await waitFor(async () => expect(await rowsIn()).toHaveLength(3))
})

test('where everything is pruned, it is said what brings it back', async () => {
  const { user } = open('?hideSvc=web')
  expect(await screen.findByText(/Every span is pruned/)).toBeTruthy()
  await user.click(screen.getAllByRole('button', { name: 'Show all services' })[1] as HTMLElement)
  expect(await rowsIn()).toHaveLength(3)
})

test('colours can say the status or the duration, and their words are there', async () => {
  open('?colour=status')
  await rowsIn()
  expect(screen.getByRole('list', { name: 'Colours' }).textContent).toContain('not set')
})

test('the details link to traces with the same value, to the service, and to the call', async () => {
  open(`?span=${spanId(2)}`)
  const panel = within(await screen.findByRole('complementary'))
  const href = (name: string | RegExp) => panel.getByRole('link', { name }).getAttribute('href')
  expect(await panel.findByTitle(/\{ span\.http\.response\.status_code = 503 \}$/)).toBeTruthy()
  expect(href('shop/cart')).toBe('/services/shop/cart')
  expect(href('The call')).toContain('edge=shop/web-%3Eshop/cart:http')
  expect(href('the service')).toContain('node=shop/cart')
  expect(panel.getByText(/of the trace/).textContent).toContain('50.0 %')
  await waitFor(() => expect(panel.getByText(/on it for/)).toBeTruthy())
})

test('the table sorts by its columns, and a row leads to its span', async () => {
  const { user, url } = open('?view=table')
  const table = within(await screen.findByRole('table', { name: 'Spans' }))
  const first = () => table.getAllByRole('row')[1]?.textContent
  await waitFor(() => expect(first()).toContain('web'))
  await user.click(table.getByRole('button', { name: 'Self time' }))
  await waitFor(() => expect(first()).toContain('cart'))
  expect(url()).toContain('sort=-self')
  await user.click(table.getByRole('button', { name: 'mail work' }))
  await waitFor(() => expect(url()).toContain(`span=${spanId(3)}`))
})

test('in the table keys go along its rows, and the selected one is in sight', async () => {
  const { user, url } = open('?view=table&sort=duration')
  const table = await screen.findByRole('table', { name: 'Spans' })
  // The head and one row.
  Object.defineProperty(table, 'clientHeight', { value: 48 })
  const isAt = (id: number) => waitFor(() => expect(url()).toContain(`span=${spanId(id)}`))
  await user.keyboard('j')
  await isAt(3)
  await user.keyboard('{ArrowDown}')
  await isAt(2)
  await user.keyboard('{End}')
  await isAt(1)
  await waitFor(() => expect(table.scrollTop).toBe(48))
  await user.keyboard('k')
  await isAt(2)
  await user.keyboard('{Home}')
  await isAt(3)
  await waitFor(() => expect(table.scrollTop).toBe(0))
  // A click leaves the keys to the table.
  await user.click(within(table).getByRole('button', { name: 'cart work' }))
  await isAt(2)
  await user.keyboard('{ArrowDown}')
  await isAt(1)
})

test('the flame graph says in words what it shows, and arrows go along it', async () => {
  const { user, url } = open('?view=flame')
  const flame = within(await screen.findByRole('application', { name: 'Flame graph' }))
  expect(flame.getByText(/^3 spans in 2 lanes, 1 error/)).toBeTruthy()
  flame.getByRole('button').focus()
  await user.keyboard('{ArrowDown}')
  await waitFor(() => expect(flame.getByRole('button').getAttribute('aria-label')).toMatch(/^web web work/))
  await user.keyboard('{ArrowDown}')
  await waitFor(() => expect(url()).toContain(`span=${spanId(2)}`))
  await user.keyboard('{ArrowRight}')
  await waitFor(() => expect(url()).toContain(`span=${spanId(3)}`))
})

test('keys zoom and pan the time, and 0 shows all of it', async () => {
  const { user, url } = open()
  await rowsIn()
  await user.keyboard('w')
  await waitFor(() => expect(url()).toContain('zoom=20000000,80000000'))
  await user.keyboard('a')
  await waitFor(() => expect(url()).toContain('zoom=8000000,68000000'))
  expect((await texts())[2]).toContain('20.0 ms ▸')
  await user.keyboard('0')
  await waitFor(() => expect(url()).not.toContain('zoom'))
})
